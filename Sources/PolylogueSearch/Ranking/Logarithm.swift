import Glibc

/// The natural logarithm of one more than a value.
func logarithm(onePlus value: Float) -> Float { log1pf(value) }

/// Two to a power.
func powerOfTwo(_ exponent: Double) -> Double { exp2(exponent) }
