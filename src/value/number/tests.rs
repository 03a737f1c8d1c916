#![allow(clippy::unwrap_used, clippy::float_cmp)]

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Number {
    Number::parse(text).unwrap()
}

#[test]
fn prints_as_terraform_prints() {
    let third = format!("0.{}5", "3".repeat(154));
    let seven_thirds = format!("2.{}2", "3".repeat(153));
    let div = |a: &str, b: &str| number(a).divide(&number(b)).unwrap().to_string();
    assert_eq!(div("1", "3"), third);
    assert_eq!(div("7", "3"), seven_thirds);
    assert_eq!(div("2", "3"), format!("0.{}7", "6".repeat(153)));
    assert_eq!(div("1e30", "3"), format!("{}.{}5", "3".repeat(30), "3".repeat(124)));
    assert_eq!(Number::from(1i64).divide(&Number::from(3i64)).unwrap().to_string(), "0.33333333333333333334");
    assert_eq!(number("0.1").multiply(&number("3")).unwrap().to_string(), "0.3");
    assert_eq!(number("0.1").add(&number("0.2")).unwrap().to_string(), "0.3");
    assert_eq!(number("1e100").to_string(), format!("1{}", "0".repeat(100)));
    assert_eq!(number("1e-10").to_string(), "0.0000000001");
    assert_eq!(number("12345678901234567890.123456789").to_string(), "12345678901234567890.123456789");
    assert_eq!(number("1.10").to_string(), "1.1");
    assert_eq!(number("-0").to_string(), "-0");
    assert_eq!(number("0").multiply(&number("-1")).unwrap().to_string(), "-0");
}

#[test]
fn precision_shows() {
    let root = Number::from_f64(2f64.sqrt()).unwrap();
    assert_eq!(root.to_string(), "1.4142135623730951");
    assert_eq!(root.multiply(&root).unwrap().to_string(), "2.00000000000000027343234630647693");
    assert_eq!(
        root.multiply(&number("3")).unwrap().to_string(),
        "4.2426406871192854364238655762164853513240814208984375"
    );
    assert_eq!(root, number("1.4142135623730951"));
    assert_eq!(Number::from_f64(2f64.powi(64)).unwrap().to_string(), "18446744073709550000");
    assert_eq!(Number::from_f64(1e25).unwrap().to_string(), "10000000000000000000000000");
    let count = Number::from(2usize).divide(&number("3")).unwrap();
    assert_eq!(count.to_string(), format!("0.{}7", "6".repeat(153)));
}

#[test]
fn modulo_truncates() {
    let modulo = |a: &str, b: &str| number(a).modulo(&number(b)).unwrap().to_string();
    assert_eq!(modulo("-7", "3"), "-1");
    assert_eq!(modulo("7", "-3"), "1");
    assert_eq!(modulo("7.5", "-2"), "1.5");
    assert_eq!(modulo("5", "0"), "5");
    assert_eq!(modulo("5.5", "2.2"), format!("1.0{}", "9".repeat(153)));
}

#[test]
fn what_has_no_answer_is_refused() {
    let zero = number("0");
    let infinity = number("1").divide(&zero).unwrap();
    assert_eq!(infinity.to_string(), "+Inf");
    assert_eq!(zero.divide(&zero), Err(NotANumber));
    assert_eq!(infinity.subtract(&infinity), Err(NotANumber));
    assert_eq!(infinity.multiply(&zero), Err(NotANumber));
    assert_eq!(number("-1").divide(&infinity).unwrap().to_string(), "-0");
}

#[test]
fn reads_what_go_reads() {
    for (text, printed) in [
        (".5", "0.5"),
        ("1e999999999", "+Inf"),
        ("-0.1e2147483647", "-Inf"),
        ("-1e-999999999", "-0"),
        ("0e999999999", "0"),
        ("5.", "5"),
        ("+5", "5"),
        ("1E3", "1000"),
        ("00012", "12"),
        ("-.5e-1", "-0.05"),
    ] {
        assert_eq!(number(text).to_string(), printed, "{text}");
    }
    for text in [
        "",
        ".",
        "+",
        "-",
        "1e",
        " 1",
        "1 ",
        "1_000",
        "0x10",
        "e3",
        "--1",
        "1.2.3",
        "Inf",
        "1e+",
        "١",
        "1e-9223372036854775808",
        "1e2147483649",
    ] {
        assert!(Number::parse(text).is_none(), "{text}");
    }
}

#[test]
fn integers_convert() {
    assert_eq!(number("1e3").to_i64(), Some(1000));
    assert_eq!(number("1.5").to_i64(), None);
    assert_eq!(number("-1").to_usize(), None);
    assert_eq!(number("9223372036854775808").to_i64(), None);
    assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
    assert_eq!(number("-9223372036854775808").negate().to_string(), "9223372036854775808");
    assert_eq!(number("0.1").to_f64().to_string(), "0.1");
    assert_eq!(number("255").to_integer_digits(16), Some((false, "ff".into())));
}

#[test]
fn numbers_of_very_many_digits_are_told_apart_without_printing_them() {
    let (large, small) = (number("1e77777"), number("1e-77777"));
    assert_eq!(large, number("10e77776"));
    assert!(large != large.negate() && large > small && small > number("0") && large.negate() < small);
    assert!(large < number("1e9999999") && large > number("9e77776"));
    let all: std::collections::HashSet<_> = [&large, &small, &large].into_iter().collect();
    assert_eq!(all.len(), 2);
}

proptest! {
    #[test]
    fn a_printed_number_reads_back(digits in "[1-9][0-9]{0,60}(\\.[0-9]{0,60})?(e-?[0-9]{1,2})?", negative: bool) {
        let text = if negative { format!("-{digits}") } else { digits };
        let number = number(&text);
        let again = Number::parse(&number.to_string()).unwrap();
        prop_assert_eq!(&number, &again);
        prop_assert_eq!(number.compare(&again), Ordering::Equal);
    }

    #[test]
    fn doubles_survive(f: f64) {
        prop_assume!(f.is_finite());
        prop_assert_eq!(Number::from_f64(f).unwrap().to_f64(), f);
    }

    #[test]
    fn small_integers_agree_with_machine_arithmetic(a in -1_000_000i64..1_000_000, b in -1_000_000i64..1_000_000) {
        let (x, y) = (Number::from(a), Number::from(b));
        prop_assert_eq!(x.add(&y).unwrap().to_i64(), Some(a + b));
        prop_assert_eq!(x.multiply(&y).unwrap().to_i64(), Some(a * b));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        if b != 0 {
            prop_assert_eq!(x.modulo(&y).unwrap().to_i64(), Some(a % b));
        }
    }
}
