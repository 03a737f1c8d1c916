//! Telling whether what is recorded of an object is still what it was.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Instance, State};

impl State {
    /// A digest of what is recorded of each object, by its address as printed. How the file is laid out does not count.
    pub fn digests(&self) -> BTreeMap<String, String> {
        self.objects().map(|(object, _, instance)| (object.to_string(), instance.digest())).collect()
    }
}

impl Instance {
    /// In hexadecimal; no attribute can be told from it.
    fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.attributes.to_json().to_string());
        hasher.update(self.schema_version.to_le_bytes());
        hasher.update([u8::from(self.tainted)]);
        hasher.update(&self.private);
        hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}
