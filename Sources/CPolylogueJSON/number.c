#define _GNU_SOURCE
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>

#include "CPolylogueJSON.h"

/// A number of the JSON grammar taken apart: ±digits × 10^exponent. `digits` ends with a digit that
/// is not zero, or is 0.
typedef struct {
  uint64_t digits;
  int64_t exponent;
  bool negative;
  /// The digits did not fit.
  bool overflow;
} decimal;

static void add_digit(decimal *number, unsigned digit, int64_t *zeros) {
  if (digit == 0) {
    ++*zeros;
    return;
  }
  // Zeros count only when another digit follows, so that trailing ones cost nothing.
  for (int64_t i = number->digits == 0 ? 0 : *zeros + 1; i > 0 && !number->overflow; i--) {
    number->overflow = __builtin_mul_overflow(number->digits, 10u, &number->digits);
  }
  *zeros = 0;
  if (!number->overflow) {
    number->overflow = __builtin_add_overflow(number->digits, digit, &number->digits);
  }
}

static decimal take_apart(const uint8_t *text, size_t count) {
  decimal number = {0};
  const uint8_t *p = text;
  const uint8_t *const end = text + count;
  int64_t zeros = 0, fraction = 0;
  bool in_fraction = false;
  if (p < end && *p == '-') {
    number.negative = true;
    p++;
  }
  for (; p < end; p++) {
    if (*p == '.') {
      in_fraction = true;
    } else if (*p >= '0' && *p <= '9') {
      add_digit(&number, *p - '0', &zeros);
      if (in_fraction) fraction++;
    } else {
      break;
    }
  }
  int64_t exponent = 0;
  bool negative = false;
  if (p < end && (*p | 0x20) == 'e') {
    p++;
    if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
    for (; p < end; p++) {
      // More than any text can make up for by digits; further ones change nothing.
      if (exponent < INT64_C(1) << 40) exponent = exponent * 10 + (*p - '0');
    }
  }
  number.exponent = (negative ? -exponent : exponent) + zeros - fraction;
  return number;
}

bool polylogue_json_integer(const uint8_t *text, size_t count, int64_t *out) {
  decimal number = take_apart(text, count);
  if (number.digits == 0 && !number.overflow) {
    *out = 0;
    return true;
  }
  if (number.overflow || number.exponent < 0 || number.exponent > 18) return false;
  for (; number.exponent > 0; number.exponent--) {
    if (__builtin_mul_overflow(number.digits, 10u, &number.digits)) return false;
  }
  if (number.negative) {
    if (number.digits > (uint64_t)INT64_MAX + 1) return false;
    *out = (int64_t)(0 - number.digits);
  } else {
    if (number.digits > INT64_MAX) return false;
    *out = (int64_t)number.digits;
  }
  return true;
}

static locale_t c_locale;

static void make_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

double polylogue_json_double(const uint8_t *text, size_t count) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const decimal number = take_apart(text, count);
  // Up to 2^53 and 10^22 both operands are exact, so one rounding gives the nearest double
  // (Clinger, "How to Read Floating Point Numbers Accurately", 1990).
  if (!number.overflow && number.digits <= UINT64_C(1) << 53 && number.exponent >= -22 &&
      number.exponent <= 22) {
    const double digits = (double)number.digits;
    const double value = number.exponent < 0 ? digits / powers[-number.exponent]
                                             : digits * powers[number.exponent];
    return number.negative ? -value : value;
  }
  // The user's locale may have another decimal point.
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_locale);
  return c_locale ? strtod_l((const char *)text, NULL, c_locale) : strtod((const char *)text, NULL);
}
