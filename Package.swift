// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "polylogue",
  products: [
    .library(name: "PolylogueKit", targets: ["PolylogueKit"]),
    .executable(name: "polylogue", targets: ["polylogue-cli"]),
  ],
  targets: [
    .executableTarget(
      name: "polylogue-cli", dependencies: ["CPolylogueMalloc", "PolylogueCommands"]),
    .executableTarget(
      name: "polylogue-bench",
      dependencies: [
        "CPolylogueMalloc", "PolylogueKit", "PolylogueModel", "PolylogueSQL", "PolylogueSearch",
      ],
      path: "Benchmarks/InProcess"),
    .executableTarget(
      name: "ImportAndSearch", dependencies: ["PolylogueKit"], path: "Examples/ImportAndSearch"),
    .target(
      name: "PolylogueCommands",
      dependencies: [
        "PolylogueImport", "PolylogueKit", "PolylogueModel", "PolylogueRender",
      ]),
    .testTarget(
      name: "PolylogueCommandsTests",
      dependencies: ["PolylogueCommands", "PolylogueKit", "PolylogueSQL"]),

    .target(
      name: "PolylogueKit",
      dependencies: [
        "PolylogueImport", "PolylogueIngest", "PolylogueLanguageModels", "PolylogueModel",
        "PolylogueParsing", "PolylogueRender", "PolylogueSQL", "PolylogueSearch",
        "PolylogueStore",
      ]),
    .testTarget(
      name: "PolylogueKitTests",
      dependencies: [
        "CPolylogueSQLite", "ImportAndSearch", "PolylogueImport", "PolylogueKit", "PolylogueModel",
        "PolylogueRender",
        "PolylogueSQL", "PolylogueSearch", "PolylogueStore",
      ]),

    .target(
      name: "PolylogueRender",
      dependencies: ["CPolylogueCrypto", "CPolylogueMarkdown", "PolylogueModel"]),
    .testTarget(name: "PolylogueRenderTests", dependencies: ["PolylogueRender", "PolylogueModel"]),

    .target(
      name: "PolylogueLanguageModels",
      dependencies: [
        "CPolylogueCrypto", "CPolylogueHTTP", "CPolylogueOpenVINO", "CPolylogueWordPiece",
        "PolylogueModel",
        "PolylogueParsing",
      ]),
    .testTarget(
      name: "PolylogueLanguageModelsTests",
      dependencies: ["PolylogueLanguageModels", "PolylogueModel"],
      exclude: ["Vectors"]),

    .target(
      name: "PolylogueSearch",
      dependencies: [
        "CPolylogueStemmer", "CPolylogueText", "CPolylogueVectors", "PolylogueModel",
        "PolylogueSQL",
      ]),
    .testTarget(
      name: "PolylogueSearchTests",
      dependencies: ["PolylogueSearch", "PolylogueModel", "PolylogueSQL"]),

    .target(
      name: "PolylogueIngest",
      dependencies: ["PolylogueImport", "PolylogueModel", "PolylogueParsing", "PolylogueStore"]),
    .testTarget(
      name: "PolylogueIngestTests",
      dependencies: [
        "PolylogueIngest", "PolylogueImport", "PolylogueModel", "PolylogueParsing",
        "PolylogueStore",
      ]),

    .target(
      name: "PolylogueStore",
      dependencies: ["CPolylogueCrypto", "CPolylogueZstd", "PolylogueModel", "PolylogueSQL"]),
    .testTarget(
      name: "PolylogueStoreTests",
      dependencies: ["PolylogueStore", "PolylogueModel", "PolylogueSQL"]),

    .target(
      name: "PolylogueImport",
      dependencies: ["CPolylogueCrypto", "PolylogueModel", "PolylogueParsing"]),
    .testTarget(
      name: "PolylogueImportTests",
      dependencies: ["PolylogueImport", "PolylogueModel", "PolylogueParsing"]),

    .target(
      name: "PolylogueParsing", dependencies: ["CPolylogueJSON", "CPolylogueZip", "PolylogueModel"]),
    .testTarget(name: "PolylogueParsingTests", dependencies: ["PolylogueParsing"]),

    .target(name: "PolylogueSQL", dependencies: ["CPolylogueSQLite"]),
    .testTarget(name: "PolylogueSQLTests", dependencies: ["PolylogueSQL"]),

    .target(name: "PolylogueModel"),
    .testTarget(name: "PolylogueModelTests", dependencies: ["PolylogueModel"]),

    .target(name: "CPolylogueHTTP"),
    .target(name: "CPolylogueJSON"),
    .target(name: "CPolylogueOpenVINO"),
    .target(name: "CPolylogueText"),
    .target(name: "CPolylogueVectors"),
    .target(name: "CPolylogueWordPiece"),
    .systemLibrary(name: "CPolylogueCrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPolylogueMalloc"),
    .systemLibrary(name: "CPolylogueMarkdown", providers: [.apt(["libmd4c-dev"])]),
    .systemLibrary(name: "CPolylogueSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CPolylogueStemmer", providers: [.apt(["libstemmer-dev"])]),
    .systemLibrary(name: "CPolylogueZip", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPolylogueZstd", providers: [.apt(["libzstd-dev"])]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)

for target in package.targets where target.type != .system {
  if target.name.hasPrefix("CPolylogue") {
    target.cSettings = [.treatAllWarnings(as: .error)]
  } else {
    target.swiftSettings = [
      .treatAllWarnings(as: .error),
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("MemberImportVisibility"),
    ]
  }
}
