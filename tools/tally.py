"""What the tests that are written in Python count with."""


class Tally:
    """Counts assertions; failed ones are printed at once."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def expect(self, what: str, holds: bool, detail: object = "") -> None:
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}: {detail!r}"[:600])
