import Glibc
import PolylogueModel
import PolylogueParsing

/// One installed version of a local model: a folder with its weights, its vocabulary, the library
/// that runs it, and `model.json`, which says what they are.
struct ModelFolder {
  /// The name of the file that describes the others.
  static let manifestName = "model.json"
  /// The name of the folder for what is made of the weights.
  static let compiledName = "compiled"
  /// The format of that file.
  static let format: Int64 = 1

  /// The folder's path.
  let path: String
  /// The model in it.
  let model: EmbeddingModel
  /// OpenVINO's C library, relative to the folder.
  let library: String
  /// What was put there.
  let files: [ModelFile]

  /// The bytes of all files.
  var byteCount: Int64 { files.reduce(0) { $0 + $1.byteCount } }
  /// The weights.
  var weightsPath: String { path + "/model.onnx" }
  /// The words and pieces, one a line.
  var vocabularyPath: String { path + "/vocab.txt" }
  /// The library's full path.
  var libraryPath: String { path + "/" + library }

  /// A folder that is being made.
  init(path: String, model: EmbeddingModel, library: String, files: [ModelFile]) {
    self.path = path
    self.model = model
    self.library = library
    self.files = files
  }

  /// Reads what a folder says of itself.
  ///
  /// - Throws: ``LanguageModelError/Code/damaged`` when it does not say it.
  init(reading path: String) throws(LanguageModelError) {
    let damaged = LanguageModelError(
      .damaged,
      "\(path)/\(ModelFolder.manifestName) does not describe a model; run “polylogue models install”"
    )
    let bytes = try SmallFile.read(path + "/" + ModelFolder.manifestName, limit: 1 << 20)
    var reader = JSONReader()
    guard let manifest = try? reader.parse(bytes), manifest["format"]?.int64 == ModelFolder.format,
      let name = manifest["name"]?.string, let revision = manifest["revision"]?.string,
      let dimensions = manifest["dimensions"]?.int64, 1...65_536 ~= dimensions,
      let limit = manifest["token_limit"]?.int64, 3...65_536 ~= limit,
      let library = manifest["library"]?.string, let list = manifest["files"]
    else { throw damaged }
    var files: [ModelFile] = []
    for entry in list.elements {
      guard let path = entry["path"]?.string, let bytes = entry["bytes"]?.int64, bytes >= 0,
        let hash = entry["sha256"]?.string
      else { throw damaged }
      files.append(ModelFile(path: path, byteCount: bytes, sha256: hash))
    }
    self.path = path
    model = EmbeddingModel(
      name: name, revision: revision, dimensions: Int(dimensions), tokenLimit: Int(limit))
    self.library = library
    self.files = files
  }

  /// The folder in which OpenVINO keeps what it has made of the weights for this machine's processor,
  /// so that loading is quick; nil where nothing can be kept. What does not fit the model, the library
  /// or the processor, or is cut, OpenVINO makes anew.
  var compiledPath: String? {
    // Without its reader it would be written again and again and never be read.
    guard files.contains(where: { $0.path.contains("openvino_ir_frontend") }) else { return nil }
    let folder = path + "/" + ModelFolder.compiledName
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST, access(folder, W_OK | X_OK) == 0 else {
      return nil
    }
    return folder
  }

  /// The first file that is not there in its size; nil where all are.
  var missing: LanguageModelError? {
    for file in files {
      var info = stat()
      guard stat(path + "/" + file.path, &info) == 0, Int64(info.st_size) == file.byteCount else {
        return damaged(file)
      }
    }
    return nil
  }

  /// What is wrong with its files; nil where they are what was installed. Reads all of them: for when
  /// something has failed already.
  var damage: LanguageModelError? {
    for file in files {
      guard let hash = try? FileHash(ofFile: path + "/" + file.path), hash.hex == file.sha256 else {
        return damaged(file)
      }
    }
    return nil
  }

  private func damaged(_ file: ModelFile) -> LanguageModelError {
    LanguageModelError(
      .damaged,
      "\(path)/\(file.path) is not what was installed; “polylogue models install” makes it anew")
  }

  /// The text of `model.json`.
  var manifest: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("format")
    writer.value(ModelFolder.format)
    writer.key("name")
    writer.value(model.name)
    writer.key("revision")
    writer.value(model.revision)
    writer.key("dimensions")
    writer.value(model.dimensions)
    writer.key("token_limit")
    writer.value(model.tokenLimit)
    writer.key("library")
    writer.value(library)
    writer.key("files")
    writer.beginArray()
    for file in files {
      writer.beginObject()
      writer.key("path")
      writer.value(file.path)
      writer.key("bytes")
      writer.value(file.byteCount)
      writer.key("sha256")
      writer.value(file.sha256)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.utf8
  }
}

/// A file of an installed model.
struct ModelFile: Equatable {
  /// Its path in the folder.
  let path: String
  let byteCount: Int64
  /// Lower-case hexadecimal.
  let sha256: String
}
