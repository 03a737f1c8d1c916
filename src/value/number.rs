//! Numbers as Terraform's: 512-bit binary floats.

use std::fmt;

/// A number. (Placeholder representation; see the module's owner.)
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct Number(f64);

impl From<usize> for Number {
    fn from(n: usize) -> Self {
        #[allow(clippy::cast_precision_loss)]
        Self(n as f64)
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        #[allow(clippy::cast_precision_loss)]
        Self(n as f64)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
