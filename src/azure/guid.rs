//! GUIDs that mean different things, so that one is not taken for the other.

use std::fmt;

use uuid::Uuid;

/// A GUID with a meaning: read in any case, printed in lower case with hyphens.
macro_rules! guid {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Reads it; `None` when the text is not a GUID.
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::try_parse(text).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

guid! {
    /// The object id of a user, group, service principal or managed identity. (Not its client id.)
    PrincipalId
}
guid! {
    /// A subscription.
    SubscriptionId
}
guid! {
    /// An Entra directory.
    TenantId
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn guids_compare_without_case() {
        let upper = PrincipalId::parse("AAAAAAAA-0000-0000-0000-00000000000B");
        assert_eq!(upper, PrincipalId::parse("aaaaaaaa-0000-0000-0000-00000000000b"));
        assert_eq!(upper.unwrap().to_string(), "aaaaaaaa-0000-0000-0000-00000000000b");
        assert_eq!(PrincipalId::parse("me"), None);
    }
}
