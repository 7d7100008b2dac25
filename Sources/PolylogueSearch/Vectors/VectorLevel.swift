internal import CPolylogueVectors

/// The instructions that vectors are compared with. All give the same results to the last bit.
public enum VectorLevel: Int32, CaseIterable, Sendable {
  /// C alone.
  case portable = 0
  /// x86-64 with POPCNT and AVX2.
  case avx2 = 1
  /// x86-64 with AVX-512 F, BW and VPOPCNTDQ.
  case avx512 = 2
  /// ARM with NEON.
  case neon = 3

  /// Those that this machine has.
  public static let available = allCases.filter { plv_has_level($0.rawValue) != 0 }

  /// The fastest that this machine has.
  public static let best: VectorLevel =
    [.avx512, .avx2, .neon].first(where: available.contains) ?? .portable
}
