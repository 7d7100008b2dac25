import Glibc

/// The natural logarithm.
func logarithm(_ value: Float) -> Float { logf(value) }

/// Two to a power.
func powerOfTwo(_ exponent: Double) -> Double { exp2(exponent) }
