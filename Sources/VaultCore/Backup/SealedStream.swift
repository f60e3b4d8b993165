internal import Sealing
internal import SecureMemory
internal import VaultFormat

/// A stream sealed in chunks: each has its number and whether it is the last in its nonce, so that none can be left out,
/// added, or put elsewhere. The key seals one stream only.
struct StreamSealer {
    /// Of what is in a chunk, in bytes; the last one may have fewer, and has at least one.
    static let chunkWidth = 65_536
    static let sealedWidth = chunkWidth + AEAD.tagWidth

    private let key: SharedSecret
    private let tag: [UInt8]
    private let write: ([UInt8]) throws -> Void
    private var waiting: [UInt8] = []
    private var number: UInt64 = 0

    /// - Parameters:
    ///   - key: Of this stream alone, 32 bytes.
    ///   - tag: What every chunk is bound to.
    ///   - write: Takes the sealed bytes.
    init(key: SharedSecret, tag: [UInt8], write: @escaping ([UInt8]) throws -> Void) {
        self.key = key
        self.tag = tag
        self.write = write
    }

    mutating func append(_ bytes: [UInt8]) throws {
        waiting += bytes
        // One byte more than a chunk: the last one is never empty.
        while waiting.count > Self.chunkWidth {
            try seal(Array(waiting.prefix(Self.chunkWidth)), isLast: false)
            waiting.removeFirst(Self.chunkWidth)
        }
    }

    mutating func finish() throws { try seal(waiting, isLast: true) }

    private mutating func seal(_ chunk: [UInt8], isLast: Bool) throws {
        guard let nonce = Self.nonce(number, isLast: isLast) else { throw VaultError.integrity(.backup) }
        try write(AEAD.seal(bytes: chunk, boundTo: tag, nonce: nonce, key: key.bytes))
        number += 1
    }

    static func nonce(_ number: UInt64, isLast: Bool) -> Nonce? {
        var writer = ByteWriter()
        writer.integer(number)
        writer.integer(UInt8(isLast ? 1 : 0))
        return Nonce(writer.bytes + [UInt8](repeating: 0, count: Nonce.width - writer.bytes.count))
    }
}

/// Opens what ``StreamSealer`` sealed, chunk by chunk; nothing of a chunk is given out before all of it is proven.
struct StreamOpener {
    private let key: SharedSecret
    private let tag: [UInt8]
    private let source: LogSource
    /// Sealed bytes that were read beyond the chunk, to see whether it is the last.
    private var ahead: [UInt8] = []
    private var opened: ArraySlice<UInt8> = []
    private var number: UInt64 = 0
    private var isAtEnd = false

    init(key: SharedSecret, tag: [UInt8], source: @escaping LogSource) {
        self.key = key
        self.tag = tag
        self.source = source
    }

    /// Whether nothing is left: the last chunk was opened, and all of it taken.
    mutating func isFinished() throws -> Bool {
        try fill()
        return opened.isEmpty
    }

    /// Exactly as many bytes; damage where there are fewer.
    mutating func take(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            try fill()
            guard !opened.isEmpty else { throw VaultError.integrity(.backup) }
            let part = opened.prefix(count - bytes.count)
            bytes += part
            opened = opened.dropFirst(part.count)
        }
        return bytes
    }

    private mutating func fill() throws {
        guard opened.isEmpty, !isAtEnd else { return }
        while ahead.count <= StreamSealer.sealedWidth {
            let more = try source(StreamSealer.sealedWidth + 1 - ahead.count)
            if more.isEmpty { break }
            ahead += more
        }
        let isLast = ahead.count <= StreamSealer.sealedWidth
        let chunk = Array(ahead.prefix(StreamSealer.sealedWidth))
        ahead.removeFirst(chunk.count)
        guard chunk.count > AEAD.tagWidth, let nonce = StreamSealer.nonce(number, isLast: isLast),
            let plain = try? AEAD.open(chunk, boundTo: tag, nonce: nonce, key: key.bytes)
        else { throw VaultError.integrity(.backup) }
        number += 1
        isAtEnd = isLast
        opened = plain.withBytes { Array($0)[...] }
    }
}
