extension UInt8 {
    /// Whether it is a space, a tab or a line end of ASCII.
    package var isWhite: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}

extension UnsafeRawBufferPointer {
    /// Without the white space of ASCII at both ends.
    package var trimmed: UnsafeRawBufferPointer {
        guard let first = firstIndex(where: { !$0.isWhite }), let last = lastIndex(where: { !$0.isWhite }) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(rebasing: self[first...last])
    }
}
