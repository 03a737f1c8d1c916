//! Kubernetes versions. More minor versions than Azure has at any one time, so that older stacks run as written.

use serde_json::{Map, Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body;
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::target::{Key, Place};

/// The kind of the list of a location's versions.
pub(in crate::simulator) const KIND: &str = "Microsoft.ContainerService/locations/kubernetesVersions";

/// The second number of each version 1.x and its newest patch.
const MINORS: &[(u32, u32)] =
    &[(26, 15), (27, 16), (28, 15), (29, 15), (30, 14), (31, 13), (32, 9), (33, 5), (34, 1), (35, 0)];

/// What a cluster gets that names no version.
pub(super) const DEFAULT: &str = "1.33";

/// A version: `1.33` stands for any patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    /// The second number.
    pub minor: u32,
    /// The third, if it was written.
    pub patch: Option<u32>,
}

impl Version {
    /// Reads `1.33` or `1.33.5`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.strip_prefix("1.")?.split('.');
        let minor = numbers.next()?.parse().ok()?;
        let patch = numbers.next().map(|patch| patch.parse().ok());
        let is_whole = numbers.next().is_none() && patch != Some(None);
        is_whole.then_some(Self { minor, patch: patch.flatten() })
    }

    /// The patch that it stands for.
    fn resolved(self) -> Option<String> {
        let (minor, newest) = MINORS.iter().find(|(minor, _)| *minor == self.minor)?;
        let patch = self.patch.unwrap_or(*newest);
        (patch <= *newest).then(|| format!("1.{minor}.{patch}"))
    }
}

/// The patch version that a wanted one means: the present one if the alias has not changed.
pub(super) fn resolve(wanted: &str, before: Option<(&str, &str)>) -> Result<String, Refusal> {
    if let Some((alias, current)) = before
        && alias == wanted
    {
        return Ok(current.to_owned());
    }
    let version = Version::parse(wanted);
    let Some(full) = version.and_then(Version::resolved) else {
        let message = format!(
            "Version {wanted} is not supported in this region. Please use [az aks get-versions] command to get the \
             supported version list in this region. For more information, please check https://aka.ms/supported-version-list"
        );
        return Err(Refusal::bad("K8sVersionNotSupported", message).flat());
    };
    let present = before.and_then(|(_, current)| Version::parse(current));
    if let (Some(present), Some(next)) = (present, version) {
        let goes_back = next.minor < present.minor
            || (next.minor == present.minor && next.patch.is_some() && next.patch < present.patch);
        if goes_back || next.minor > present.minor + 1 {
            let from = before.map_or("", |(_, current)| current);
            let message = format!(
                "Upgrading Kubernetes version {from} to {full} is not allowed. Available upgrades: {}. Please see \
                 https://aka.ms/aks-supported-k8s-ver for the details of supported version upgrades.",
                upgrades(from).join(",")
            );
            return Err(Refusal::bad("OperationNotAllowed", message).flat());
        }
    }
    Ok(full)
}

/// What a version can be upgraded to.
fn upgrades(from: &str) -> Vec<String> {
    let Some(present) = Version::parse(from) else { return Vec::new() };
    let next = MINORS.iter().filter(|(minor, patch)| {
        *minor == present.minor + 1 || (*minor == present.minor && Some(*patch) > present.patch)
    });
    next.map(|(minor, patch)| format!("1.{minor}.{patch}")).collect()
}

/// `GET …/locations/{location}/kubernetesVersions`
pub(in crate::simulator) fn answer() -> Answer {
    let values = MINORS.iter().rev().map(|(minor, patch)| {
        let full = format!("1.{minor}.{patch}");
        let mut patches = Map::new();
        patches.insert(full.clone(), json!({"upgrades": upgrades(&full)}));
        let version = format!("1.{minor}");
        json!({
            "version": version,
            "isDefault": version == DEFAULT,
            "isPreview": null,
            "capabilities": {"supportPlan": ["KubernetesOfficial", "AKSLongTermSupport"]},
            "patchVersions": patches,
        })
    });
    Answer::json(200, json!({"values": values.collect::<Vec<_>>()}))
}

/// `Microsoft.ContainerService/managedClusters/upgradeProfiles`: read only, always there.
pub(in crate::simulator) struct UpgradeProfiles;

impl Service for UpgradeProfiles {
    fn kind(&self) -> &'static str {
        "Microsoft.ContainerService/managedClusters/upgradeProfiles"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, _draft: Draft<'_>) -> Result<Outcome, Refusal> {
        Err(Refusal::new(405, "MethodNotAllowed", "An upgrade profile can only be read."))
    }

    fn built_in(&self, scene: Scene<'_>, place: &Place) -> Option<Value> {
        let cluster = scene.world.get(&Key::of(&place.parent))?;
        let current = body::text(&cluster.body, "/properties/currentKubernetesVersion")?;
        let upgrades: Vec<Value> =
            upgrades(current).into_iter().map(|version| json!({"kubernetesVersion": version})).collect();
        Some(json!({
            "id": place.id,
            "name": place.name,
            "type": self.kind(),
            "properties": {"controlPlaneProfile": {"kubernetesVersion": current, "osType": "Linux", "upgrades": upgrades}},
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_means_the_newest_patch_and_keeps_it() {
        assert_eq!(resolve("1.33", None), Ok("1.33.5".to_owned()));
        assert_eq!(resolve("1.33", Some(("1.33", "1.33.2"))), Ok("1.33.2".to_owned()));
        assert_eq!(resolve("1.33.4", Some(("1.33", "1.33.2"))), Ok("1.33.4".to_owned()));
    }

    #[test]
    fn one_minor_at_a_time_and_never_back() {
        let from = Some(("1.31", "1.31.3"));
        let code = |wanted| resolve(wanted, from).err().map(|refusal| refusal.code);
        assert_eq!(code("1.32"), None);
        assert_eq!(code("1.33").as_deref(), Some("OperationNotAllowed"));
        assert_eq!(code("1.31.2").as_deref(), Some("OperationNotAllowed"));
        assert_eq!(code("1.99").as_deref(), Some("K8sVersionNotSupported"));
        assert_eq!(code("latest").as_deref(), Some("K8sVersionNotSupported"));
    }
}
