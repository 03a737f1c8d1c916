//! The name that was probably meant.

/// The first of `known` that differs from `given` in at most two letters, as Terraform suggests names.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().find(|candidate| strsim::levenshtein(given, candidate) < 3)
}

/// ` Did you mean "x"?`, or nothing.
pub fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, known).map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_two_letters_is_understood() {
        for (given, wanted) in [("regoin", Some("region")), ("region", Some("region")), ("zone", None)] {
            assert_eq!(nearest(given, ["tags", "region"]), wanted, "{given}");
        }
    }
}
