internal import SafeFiles
package import SecureMemory
package import VaultCore

extension ExportFileTarget {
    /// The content of a file that was there before the vault knew it, without one line end at its end; nil where there
    /// is none.
    ///
    /// `key` is what a job's key is. Fails with ``DeliveryFailure/unsafePath(path:reason:)`` where it is no regular file
    /// or holds more than a value may (16 KiB).
    package func adoptableFile(_ key: String) throws(DeliveryFailure) -> SecretBytes? {
        let place = Place(key, home: home)
        return try translated { () throws(FileError) in
            // Two bytes more than a value: the line end does not count.
            guard let folder = try place.openFolder(),
                let content = try folder.readSecret(place.name, limit: valueLimit + 2)
            else { return nil }
            let value = withoutTrailingLineEnd(content)
            guard value.count <= valueLimit else { throw .tooLarge(path: place.path, limit: valueLimit) }
            return value
        }
    }
}
