//! Addresses as they are written.

use std::fmt;

use super::{
    Address, ConfigAddress, InstanceKey, ModuleInstance, ModulePath, ProviderAddress, ResourceAddress, ResourceMode,
    Subject,
};

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Int(i) => write!(f, "[{i}]"),
            Self::String(s) => write!(f, "[{}]", serde_json::Value::from(&**s)),
        }
    }
}

impl fmt::Display for ResourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mode {
            ResourceMode::Data => f.write_str("data.")?,
            ResourceMode::Ephemeral => f.write_str("ephemeral.")?,
            ResourceMode::Managed => {}
        }
        write!(f, "{}.{}", self.kind, self.name)
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "." })?;
            write_call(f, name)?;
        }
        Ok(())
    }
}

impl fmt::Display for ModuleInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "." })?;
            write_call(f, &step.name)?;
            step.key.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for ConfigAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        self.resource.fmt(f)
    }
}

impl fmt::Display for ProviderAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "provider[{}]", serde_json::Value::from(&*self.source))?;
        self.alias.as_ref().map_or(Ok(()), |alias| write!(f, ".{alias}"))?;
        self.key.fmt(f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "{}{}", self.resource, self.key)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "var.{name}"),
            Self::Local(name) => write!(f, "local.{name}"),
            Self::Module(name) => write_call(f, name),
            Self::Resource(resource) => resource.fmt(f),
            Self::Each => f.write_str("each"),
            Self::Count => f.write_str("count"),
            Self::SelfValue => f.write_str("self"),
            Self::Path => f.write_str("path"),
            Self::Terraform => f.write_str("terraform"),
            Self::Check(name) => write!(f, "check.{name}"),
            Self::Output(name) => write!(f, "output.{name}"),
            Self::Run(name) => write!(f, "run.{name}"),
        }
    }
}

/// A call as an address names it: `module.name`, or the block that stands for a module.
fn write_call(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if name.contains('.') { f.write_str(name) } else { write!(f, "module.{name}") }
}
