//! Logarithms and powers of doubles, to the last bit as Go computes them.

/// `2^exponent`, for exponents of normal numbers.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(u64::try_from(exponent + 1023).unwrap_or(0) << 52)
}

/// Splits a finite number other than zero into a fraction in `[0.5, 1)` and a power of two.
fn fraction_and_exponent(f: f64) -> (f64, i32) {
    if f == 0.0 || !f.is_finite() {
        return (f, 0);
    }
    let (f, shift) = if f.abs() < f64::MIN_POSITIVE { (f * power_of_two(52), -52) } else { (f, 0) };
    let bits = f.to_bits();
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0) - 1022;
    (f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52)), exponent + shift)
}

/// The terms of the logarithm's series, and the two parts of the logarithm of 2.
const SERIES: [f64; 7] = [
    f64::from_bits(0x3fe5_5555_5555_5593),
    f64::from_bits(0x3fd9_9999_9997_fa04),
    f64::from_bits(0x3fd2_4924_9422_9359),
    f64::from_bits(0x3fcc_71c5_1d8e_78af),
    f64::from_bits(0x3fc7_4664_96cb_03de),
    f64::from_bits(0x3fc3_9a09_d078_c69f),
    f64::from_bits(0x3fc2_f112_df3e_5244),
];
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN_2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);

/// The natural logarithm by the series that Go uses (FreeBSD's `e_log.c`), for the same last bit.
pub(super) fn ln(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    let (mut fraction, mut exponent) = fraction_and_exponent(x);
    if fraction < std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exponent -= 1;
    }
    let f = fraction - 1.0;
    let k = f64::from(exponent);
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let [l1, l2, l3, l4, l5, l6, l7] = SERIES;
    let odd = s2 * (l1 + s4 * (l3 + s4 * (l5 + s4 * l7)));
    let even = s4 * (l2 + s4 * (l4 + s4 * l6));
    let rest = odd + even;
    let half_square = 0.5 * f * f;
    k * LN_2_HIGH - ((half_square - (s * (half_square + rest) + k * LN_2_LOW)) - f)
}

/// The exponential by the Taylor series that Go has on x86 (after Shibata's SLEEF), for the same last bit; the
/// argument is small, as [`pow`] has it.
fn exp(x: f64) -> f64 {
    /// The upper and the lower half of the logarithm of 2.
    const LN_2_UPPER: f64 = f64::from_bits(0x3fe6_2e42_fefa_3000);
    const LN_2_LOWER: f64 = 0.282_352_905_630_315_77e-12;
    let exponent = (std::f64::consts::LOG2_E * x).round_ties_even();
    let reduced = (-exponent).mul_add(LN_2_LOWER, (-exponent).mul_add(LN_2_UPPER, x)) * 0.0625;
    let factorials = [5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0];
    let series = factorials.into_iter().fold(1.0 / 40_320.0, |sum: f64, n: f64| sum.mul_add(reduced, 1.0 / n));
    let mut result = reduced * series;
    for _ in 0..3 {
        result *= result + 2.0;
    }
    // The last step is fused with the sum.
    result = result.mul_add(result + 2.0, 1.0);
    #[allow(clippy::cast_possible_truncation)]
    scaled(result, exponent as i32)
}

/// A power by repeated squaring of the fraction, as Go computes it, for the same last bit.
#[allow(clippy::float_cmp)]
pub(super) fn pow(x: f64, y: f64) -> f64 {
    if x == 0.0 || !x.is_finite() || !y.is_finite() || y == 0.0 || x == 1.0 || y == 1.0 {
        return x.powf(y);
    }
    if y == 0.5 {
        return x.sqrt();
    }
    if y == -0.5 {
        return 1.0 / x.sqrt();
    }
    let (mut whole, mut part) = (y.abs().trunc(), y.abs().fract());
    if part != 0.0 && x < 0.0 {
        return f64::NAN;
    }
    if whole >= 9_223_372_036_854_775_808.0 {
        return x.powf(y);
    }
    let mut result = 1.0;
    let mut exponent = 0i32;
    if part != 0.0 {
        if part > 0.5 {
            part -= 1.0;
            whole += 1.0;
        }
        result = exp(part * ln(x));
    }
    let (mut base, mut base_exponent) = fraction_and_exponent(x);
    #[allow(clippy::cast_possible_truncation)]
    let mut count = whole as i64;
    while count != 0 {
        if !(-(1 << 12)..=1 << 12).contains(&base_exponent) {
            exponent += base_exponent;
            break;
        }
        if count & 1 == 1 {
            result *= base;
            exponent += base_exponent;
        }
        base *= base;
        base_exponent <<= 1;
        if base < 0.5 {
            base += base;
            base_exponent -= 1;
        }
        count >>= 1;
    }
    if y < 0.0 {
        result = 1.0 / result;
        exponent = -exponent;
    }
    scaled(result, exponent)
}

/// `f * 2^exponent`, in steps that do not overflow before the result does.
fn scaled(f: f64, exponent: i32) -> f64 {
    let mut result = f;
    let mut rest = exponent.clamp(-2200, 2200);
    while rest != 0 {
        let step = rest.clamp(-1000, 1000);
        result *= power_of_two(step);
        rest -= step;
    }
    result
}
