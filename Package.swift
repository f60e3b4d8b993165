// swift-tools-version:6.2
import PackageDescription

/// `scripts/fuzz` builds with this: every way through the code is counted, and what tests may see can be fuzzed.
let isFuzzing = Context.environment["SIGILUM_FUZZ"] != nil
let fuzzing: [SwiftSetting] = [
    .unsafeFlags([
        "-enable-testing", "-assert-config", "Debug",
        "-sanitize-coverage=edge,trace-cmp,inline-8bit-counters,pc-table",
    ])
]

/// One settings array for every Swift target: what `ARCHITECTURE.md` calls the rules of the house.
let strict: [SwiftSetting] =
    (isFuzzing ? fuzzing : []) + [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]

/// What is fuzzed: as a test that reads the kept inputs, or as the program that finds them.
let fuzzed: [Target.Dependency] = [
    "Gateway", "HTTPTransport", "JSON5", "OwnerToken", "SafeFiles", "Sealing", "SecureMemory", "SigilumAPI",
    "SigilumCLI", "VaultCore", "VaultFormat", "VaultStore",
]
let unfuzzed = ["Corpus", "extremes.dict"]
let corpusTests: Target = .testTarget(
    name: "FuzzTests", dependencies: fuzzed, exclude: unfuzzed + ["Driver"], swiftSettings: strict)
let fuzzer: Target = .executableTarget(
    name: "fuzz", dependencies: fuzzed, path: "Tests/FuzzTests", exclude: unfuzzed + ["CorpusTests.swift"],
    swiftSettings: strict,
    // The variable says where libFuzzer without a `main` lies.
    linkerSettings: [.linkedLibrary("stdc++"), .unsafeFlags([Context.environment["SIGILUM_FUZZ"] ?? ""])])

/// All symbols are looked up at the start. Looked up when first called, the dynamic linker puts the vector registers on the stack
/// meanwhile, where a piece of the secret that was copied last stays (seen on a processor with AVX-512).
let bound: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]

let package = Package(
    name: "sigilum-vault",
    products: [
        .executable(name: "sigilum", targets: ["sigilum"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .target(name: "CPlatform"),
        .target(name: "CCurl"),
        .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "SecureMemory", dependencies: ["CSodium", "CPlatform"],
            swiftSettings: strict),
        .target(
            name: "Sealing", dependencies: ["CSodium", "SecureMemory"],
            swiftSettings: strict),
        .target(name: "OwnerToken", dependencies: ["Sealing", "SecureMemory"], swiftSettings: strict),
        .target(name: "VaultFormat", swiftSettings: strict),
        .target(name: "SafeFiles", dependencies: ["CPlatform", "SecureMemory"], swiftSettings: strict),
        .target(name: "Supervision", dependencies: ["CPlatform", "SecureMemory"], swiftSettings: strict),
        .target(name: "SecretScan", dependencies: ["CPlatform", "SecureMemory"], swiftSettings: strict),
        .target(name: "JSON5", dependencies: ["SecureMemory"], swiftSettings: strict),
        .target(
            name: "VaultCore", dependencies: ["SecureMemory", "Sealing", "VaultFormat"], swiftSettings: strict),
        .target(
            name: "VaultStore",
            dependencies: [
                "CSQLite", "SafeFiles", "Sealing", "SecureMemory", "VaultCore",
            ],
            swiftSettings: strict),
        .target(
            name: "ExportFiles", dependencies: ["SafeFiles", "SecureMemory", "VaultCore"],
            path: "Sources/Targets/ExportFiles", swiftSettings: strict),
        .target(
            name: "LocalAPI",
            dependencies: [
                "CSQLite", "SafeFiles", "Sealing", "SecureMemory", "VaultCore",
            ],
            path: "Sources/Targets/LocalAPI", swiftSettings: strict),
        .target(
            name: "HTTPTransport",
            dependencies: [
                "CCurl", "SecureMemory", "VaultCore",
            ],
            path: "Sources/Targets/HTTP", swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: [
                "HTTPTransport", "SafeFiles", "SecureMemory", "VaultCore",
            ],
            path: "Sources/Targets/Gateway", swiftSettings: strict),
        .target(
            name: "OpenClaw", dependencies: ["JSON5", "SafeFiles", "SecureMemory", "VaultCore"],
            path: "Sources/Targets/OpenClaw", swiftSettings: strict),
        .target(
            name: "SigilumAPI",
            dependencies: [
                "HTTPTransport", "SecureMemory", "VaultCore",
            ],
            path: "Sources/Targets/SigilumAPI", swiftSettings: strict),
        .target(
            name: "SigilumCLI",
            dependencies: [
                "CPlatform", "JSON5", "OwnerToken", "SafeFiles", "Sealing", "SecretScan", "SecureMemory",
                "Supervision", "VaultCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "sigilum",
            dependencies: [
                "ExportFiles", "Gateway", "LocalAPI", "OpenClaw", "SafeFiles", "SecureMemory", "SigilumAPI",
                "SigilumCLI", "VaultCore", "VaultStore",
            ],
            swiftSettings: strict, linkerSettings: bound),
        .target(
            name: "VaultTestSupport",
            dependencies: [
                "CPlatform", "SafeFiles", "Sealing", "SecureMemory", "VaultCore",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: strict),
        .testTarget(name: "SecureMemoryTests", dependencies: ["SecureMemory"], swiftSettings: strict),
        .testTarget(
            name: "SealingTests", dependencies: ["Sealing", "SecureMemory", "VaultTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "OwnerTokenTests", dependencies: ["OwnerToken", "SecureMemory", "VaultTestSupport"],
            swiftSettings: strict),
        .testTarget(name: "VaultFormatTests", dependencies: ["VaultFormat"], swiftSettings: strict),
        .testTarget(
            name: "SafeFilesTests", dependencies: ["SafeFiles", "SecureMemory", "VaultTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SupervisionTests", dependencies: ["SecureMemory", "Supervision"], swiftSettings: strict),
        .testTarget(
            name: "SecretScanTests", dependencies: ["SecretScan", "SecureMemory"],
            swiftSettings: strict),
        .testTarget(
            name: "VaultCoreTests",
            dependencies: ["Sealing", "SecureMemory", "VaultCore", "VaultFormat", "VaultTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "VaultStoreTests",
            dependencies: [
                "SafeFiles", "Sealing", "SecureMemory", "VaultCore", "VaultStore", "VaultTestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ExportFilesTests",
            dependencies: ["ExportFiles", "SafeFiles", "SecureMemory", "VaultCore", "VaultTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "LocalAPITests",
            dependencies: [
                "LocalAPI", "SecureMemory", "VaultCore", "VaultTestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "GatewayTests",
            dependencies: ["Gateway", "HTTPTransport", "SecureMemory", "VaultCore", "VaultTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SigilumAPITests",
            dependencies: [
                "HTTPTransport", "SecureMemory", "SigilumAPI", "VaultCore", "VaultTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "JSON5Tests", dependencies: ["JSON5", "SecureMemory"], exclude: ["Corpus"], swiftSettings: strict),
        .testTarget(
            name: "OpenClawTests",
            dependencies: ["JSON5", "OpenClaw", "SafeFiles", "SecureMemory", "VaultCore", "VaultTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SigilumCLITests",
            dependencies: [
                "SafeFiles", "SecureMemory", "SigilumCLI", "VaultCore", "VaultTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Sealing", "SecureMemory", "sigilum", "SigilumCLI", "VaultTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        isFuzzing ? fuzzer : corpusTests,
    ]
)

// `scripts/coverage` counts the lines of these, as their own tests run them.
let measured = ["Sealing", "VaultFormat", "VaultCore", "VaultStore"]
if Context.environment["SIGILUM_COVERAGE"] != nil {
    for target in package.targets where measured.contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(["-profile-generate", "-profile-coverage-mapping"]))
        target.linkerSettings = [.unsafeFlags(["-profile-generate"])]
    }
    package.targets.removeAll { $0.type == .test && !measured.contains(String($0.name.dropLast(5))) }
}
