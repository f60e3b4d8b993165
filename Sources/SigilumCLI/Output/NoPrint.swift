// Everything that is written goes through the renderer: it knows what may be shown, and a `print` somewhere else would
// not. These stand before the ones of the standard library, so that calling one does not compile.

@available(*, unavailable, message: "return a Report; only the renderer writes")
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {}

@available(*, unavailable, message: "return a Report; only the renderer writes")
func debugPrint(_ items: Any..., separator: String = " ", terminator: String = "\n") {}

@available(*, unavailable, message: "return a Report; only the renderer writes")
func dump<Subject>(_ value: Subject, name: String? = nil, indent: Int = 0) -> Subject { value }
