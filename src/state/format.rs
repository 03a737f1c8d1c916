//! The state file: Terraform's version 4 JSON, read leniently and written as Terraform writes it (order, indentation,
//! escapes), so that both tools can take turns on one file.

mod indent;
mod read;
mod rows;
mod write;

pub use read::read;
pub use rows::{InstanceRow, instance_from_row, row_of_instance};
pub use write::{write, write_json};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::address::Address;
    use crate::state::{DeposedKey, State};

    const TERRAFORM_1_11: &str = include_str!("../../state/golden/terraform-1.11.json");
    const TERRAFORM_1_12: &str = include_str!("../../state/golden/terraform-1.12-identity.json");
    const OPENTOFU_REPEATED: &str = include_str!("../../state/golden/opentofu-provider-for-each.json");
    const TERRAFORM_0_13: &str = include_str!("../../state/golden/terraform-0.13.json");

    fn read_text(text: &str) -> State {
        read(text.as_bytes(), "x.tfstate").unwrap()
    }

    #[test]
    fn what_terraform_wrote_is_written_back_byte_for_byte() {
        for text in [TERRAFORM_1_11, TERRAFORM_1_12, OPENTOFU_REPEATED] {
            let written = String::from_utf8(write(&read_text(text))).unwrap();
            let first_difference = written.lines().zip(text.lines()).find(|(ours, theirs)| ours != theirs);
            assert_eq!(first_difference, None);
            assert_eq!(written.len(), text.len());
        }
    }

    #[test]
    fn every_object_is_found_by_its_address() {
        let state = read_text(TERRAFORM_1_11);
        assert_eq!(state.objects().count(), 17);
        let tainted = state.instance(&Address::parse("terraform_data.b[1]").unwrap()).unwrap();
        assert!(tainted.tainted);
        assert_eq!(tainted.sensitive_paths[0].to_string(), "input[0]");
        assert_eq!(tainted.dependencies[0].to_string(), "terraform_data.a");
        let slot = state.slot(&Address::parse("terraform_data.c[\"x\"]").unwrap()).unwrap();
        assert!(slot.current.is_some());
        assert!(slot.deposed.contains_key(&DeposedKey::parse("0a1b2c3d").unwrap()));
        let nested = Address::parse("module.m[\"a.b\"].terraform_data.d").unwrap();
        assert_eq!(state.provider(&nested).unwrap().to_string(), "provider[\"terraform.io/builtin/terraform\"]");
        assert!(state.instance(&Address::parse("data.terraform_remote_state.r").unwrap()).is_some());
        assert!(state.instance(&Address::parse("terraform_data.b[3]").unwrap()).is_none());
    }

    #[test]
    fn each_instance_may_have_its_own_provider_configuration() {
        let state = read_text(OPENTOFU_REPEATED);
        for key in ["eu", "us"] {
            let address = Address::parse(&format!("null_resource.each[\"{key}\"]")).unwrap();
            let expected = format!("provider[\"registry.terraform.io/hashicorp/null\"].by[\"{key}\"]");
            assert_eq!(state.provider(&address).unwrap().to_string(), expected);
        }
        let nameless = OPENTOFU_REPEATED.replace("\"provider\"", "\"supplier\"");
        assert!(read(nameless.as_bytes(), "x").unwrap_err().detail.contains("no provider configuration"));
    }

    #[test]
    fn old_files_are_read_and_written_in_the_present_form() {
        let state = read_text(TERRAFORM_0_13);
        let address = Address::parse("module.m.null_resource.old[0]").unwrap();
        let flat = state.instance(&address).unwrap().attributes_flat.as_ref().unwrap();
        assert_eq!(flat["id"], "1");
        assert_eq!(
            state.provider(&address).unwrap().to_string(),
            "provider[\"registry.terraform.io/hashicorp/null\"].west"
        );
        let written = String::from_utf8(write(&state)).unwrap();
        assert!(written.contains("\"attributes_flat\"") && !written.contains("\"each\""), "{written}");
        assert_eq!(write(&read_text(&written)), written.as_bytes());
    }

    #[test]
    fn an_empty_file_is_an_empty_state() {
        for text in ["", " \n"] {
            assert!(read_text(text).is_empty());
        }
    }

    /// Each case: what is wrong, the text, and what the diagnostic must say.
    #[test]
    fn files_that_cannot_be_used_are_refused_with_what_to_do() {
        let half = &TERRAFORM_1_11[..TERRAFORM_1_11.len() / 2];
        let twice = r#"{"version":4,"resources":[{"mode":"managed","type":"a","name":"b","provider":"provider[\"p\"]",
            "instances":[{"index_key":1},{"index_key":1}]}]}"#;
        let deposed = r#"{"version":4,"resources":[{"mode":"managed","type":"a","name":"b","provider":"provider[\"p\"]",
            "instances":[{"deposed":"12"}]}]}"#;
        let mode =
            r#"{"version":4,"resources":[{"mode":"imaginary","type":"a","name":"b","provider":"provider[\"p\"]"}]}"#;
        for (text, expected) in [
            (half, "ends in the middle"),
            ("{\"version\":4,\"serial\":\"hush\"}", "not valid at line 1"),
            ("[]", "not valid"),
            ("{}", "\"version\" attribute"),
            (r#"{"version":5,"terraform_version":"9.0.0"}"#, "newer release"),
            (r#"{"version":5,"resources":{"a":1}}"#, "newer release"),
            (r#"{"version":3,"modules":[]}"#, "old format version 3"),
            (r#"{"serial":1,"lineage":"x","encrypted_data":"AA==","encryption_version":"v0"}"#, "OpenTofu"),
            (twice, "recorded twice"),
            (deposed, "invalid deposed key \"12\""),
            (mode, "unknown mode \"imaginary\""),
        ] {
            let refusal = read(text.as_bytes(), "x.tfstate").unwrap_err();
            assert!(refusal.detail.contains(expected), "{}", refusal.detail);
            assert!(!refusal.detail.contains("hush"));
        }
    }
}
