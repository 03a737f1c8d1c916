//! The language in which a kind is written down: a [`Table`] of [`Row`]s. One row serves the schema, what is sent,
//! what is read, the plan, the validation and the documentation of an attribute.
//!
//! ```text
//! text("issuer").required().at("properties.issuer")
//! block("storage_profile", vec![
//!     flag("blob_driver_enabled").at("blobCSIDriver.enabled").default_to(false),
//! ]).at("properties.storageProfile")
//! ```

use serde_json::Value as Json;

/// A kind of ARM resource, or a data source that reads one.
#[derive(Debug)]
pub struct Table {
    /// `azurerm_subnet`
    pub name: &'static str,
    /// `Microsoft.Network/virtualNetworks/subnets`
    pub arm_type: &'static str,
    /// The api-version of all its calls.
    pub api_version: &'static str,
    /// How its ARM id follows from its attributes: `{virtual_network_id}/subnets/{name}`. `{subscription}` is the
    /// session's subscription. A leading attribute stands for any number of segments.
    pub id: &'static str,
    /// Its attributes and blocks.
    pub rows: Vec<Row>,
    /// What every body holds though no attribute says so: path and value.
    pub constants: Vec<(&'static str, Json)>,
    /// azurerm's schema version, recorded with each object.
    pub schema_version: u64,
    /// For people.
    pub about: &'static str,
}

/// One attribute or type of nested block.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // Each says one thing about the row, independent of the others.
pub struct Row {
    /// Its name in HCL.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// Where it stands in the enclosing JSON object: keys joined by dots. `None` when it is not in the body.
    pub wire: Option<&'static str>,
    /// How its value is spelled in JSON.
    pub codec: Codec,
    /// Who decides it.
    pub presence: Presence,
    /// The service cannot change it in place.
    pub replaces: bool,
    /// What it is when not configured.
    pub default: Option<Literal>,
    /// What it is when not configured in the newer dialect, where that differs.
    pub default_v5: Option<Literal>,
    /// Not shown.
    pub sensitive: bool,
    /// Never recorded.
    pub write_only: bool,
    /// How two values of it are compared.
    pub same: Same,
    /// What else its value must be.
    pub rules: Vec<Rule>,
    /// What is sent when it is null, and read as null: azurerm's `none` for an upgrade channel.
    pub null_as: Option<Literal>,
    /// The service fills it in; when it is not configured, what it says is kept without a word.
    pub service_fills: bool,
    /// A computed value becomes unknown when one of these (dotted, from the top) changes.
    pub follows: &'static [&'static str],
    /// For a block: the member of its JSON object that says whether it is on.
    pub switch: Option<&'static str>,
    /// For a block: what to send when it is taken out of the configuration.
    pub off: Off,
    /// What to use instead.
    pub deprecated: Option<&'static str>,
    /// For people.
    pub about: &'static str,
}

/// What a value looks like.
#[derive(Debug, Clone)]
pub enum Shape {
    /// One scalar.
    One(Scalar),
    /// A list of scalars.
    List(Scalar),
    /// A set of scalars.
    Set(Scalar),
    /// A map of strings.
    Map,
    /// Nested blocks.
    Blocks(Blocks),
}

/// Nested blocks.
#[derive(Debug, Clone)]
pub struct Blocks {
    /// A set of blocks, else a list.
    pub set: bool,
    /// At least so many.
    pub min: usize,
    /// At most so many; 0 for no limit. With 1 the JSON is an object, else an array.
    pub max: usize,
    /// What is inside.
    pub rows: Vec<Row>,
}

/// A single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// `true` or `false`
    Bool,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// A string.
    Text,
}

/// Who decides a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Must be configured.
    Required,
    /// May be configured.
    Optional,
    /// May be configured, else the service decides.
    OptionalComputed,
    /// The service decides.
    Computed,
}

/// How a value is spelled in JSON.
#[derive(Debug, Clone, Copy)]
pub enum Codec {
    /// As JSON does.
    Plain,
    /// `true` stands for `false`.
    Inverted,
    /// Booleans and numbers as strings.
    Stringly,
    /// Strings as `[{"id": "..."}]` by the name of the member; one string as `{"id": "..."}`.
    Member(&'static str),
    /// `true` and `false` as two words: `Enabled`, `Disabled`.
    Words(&'static str, &'static str),
    /// Strings as the keys of an object: `{"...": {}}`.
    Keys,
    /// A list of strings as one, joined by commas.
    Commas,
    /// For a block that may be there once: an array of one.
    Single,
}

/// A constant of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Literal {
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A string.
    Text(&'static str),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// Byte for byte; sets without order.
    Exact,
    /// Letters without regard to case.
    Caseless,
    /// As ARM ids.
    ArmId,
    /// As the name of a region: `West Europe` is `westeurope`.
    Location,
    /// A version written in two parts is the same as any patch of it.
    VersionPrefix,
    /// A list without order, without regard to case.
    Unordered,
    /// A final slash makes no difference.
    FinalSlash,
    /// The same instant in RFC 3339.
    Instant,
}

/// What a value must be beyond its type.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Not below, not above.
    Range(i64, i64),
    /// A regular expression, and what to say when it does not match (after "invalid value for NAME").
    Pattern(&'static str, &'static str),
    /// So many elements at most.
    AtMost(usize),
    /// So many elements at least.
    AtLeast(usize),
    /// Not together with these.
    Conflicts(&'static [&'static str]),
    /// Exactly one of these (itself among them) is given.
    ExactlyOneOf(&'static [&'static str]),
    /// One or more of these (itself among them) is given.
    AtLeastOneOf(&'static [&'static str]),
    /// Only together with these.
    With(&'static [&'static str]),
}

/// What is sent for a block that was configured and no longer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// Nothing: its object is left out.
    LeftOut,
    /// Its [`Row::switch`] with `false`, and nothing else.
    SwitchedOff,
    /// An empty object.
    Empty,
    /// Each member as if it were null.
    MembersNull,
    /// An object whose member says this word: `mode: "Disabled"`.
    Says(&'static str, &'static str),
}

impl Table {
    /// A kind without attributes.
    pub fn of(name: &'static str, arm_type: &'static str, api_version: &'static str, id: &'static str) -> Self {
        Self { name, arm_type, api_version, id, rows: Vec::new(), constants: Vec::new(), schema_version: 0, about: "" }
    }

    /// With these rows.
    #[must_use]
    pub fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// With a constant in each body.
    #[must_use]
    pub fn constant(mut self, path: &'static str, value: impl Into<Json>) -> Self {
        self.constants.push((path, value.into()));
        self
    }

    /// At azurerm's schema version.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.schema_version = version;
        self
    }

    /// With a sentence for people.
    #[must_use]
    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }
}

impl Row {
    /// An optional attribute that is not in the body.
    pub fn of(name: &'static str, shape: Shape) -> Self {
        Self {
            name,
            shape,
            wire: None,
            codec: Codec::Plain,
            presence: Presence::Optional,
            replaces: false,
            default: None,
            default_v5: None,
            sensitive: false,
            write_only: false,
            same: Same::Exact,
            rules: Vec::new(),
            null_as: None,
            service_fills: false,
            follows: &[],
            switch: None,
            off: Off::LeftOut,
            deprecated: None,
            about: "",
        }
    }

    /// Where it stands in the JSON; `""` for a block whose members stand beside those around it.
    #[must_use]
    pub fn at(mut self, wire: &'static str) -> Self {
        self.wire = Some(wire);
        self
    }

    /// Spelled so in JSON.
    #[must_use]
    pub fn spelled(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// Must be configured.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.presence = Presence::Required;
        if let Shape::Blocks(blocks) = &mut self.shape {
            blocks.min = blocks.min.max(1);
        }
        self
    }

    /// Decided by the service.
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.presence = Presence::Computed;
        self
    }

    /// Decided by the service, and all inside it too.
    #[must_use]
    pub fn computed_through(mut self) -> Self {
        if let Shape::Blocks(blocks) = &mut self.shape {
            blocks.rows = std::mem::take(&mut blocks.rows).into_iter().map(Self::computed_through).collect();
        }
        self.computed()
    }

    /// May be configured, else decided by the service.
    #[must_use]
    pub fn or_computed(mut self) -> Self {
        self.presence = Presence::OptionalComputed;
        self
    }

    /// A change of it replaces the object.
    #[must_use]
    pub fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// This when it is not configured.
    #[must_use]
    pub fn default_to(mut self, default: impl Into<Literal>) -> Self {
        self.default = Some(default.into());
        self
    }

    /// This when it is not configured and the configuration asks for azurerm 5.
    #[must_use]
    pub fn default_in_v5(mut self, default: impl Into<Literal>) -> Self {
        self.default_v5 = Some(default.into());
        self
    }

    /// Not shown.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Never recorded.
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// Compared so.
    #[must_use]
    pub fn same(mut self, same: Same) -> Self {
        self.same = same;
        self
    }

    /// Must be one of these.
    #[must_use]
    pub fn one_of(self, allowed: &'static [&'static str]) -> Self {
        self.rule(Rule::OneOf(allowed))
    }

    /// Must lie between these.
    #[must_use]
    pub fn range(self, lowest: i64, highest: i64) -> Self {
        self.rule(Rule::Range(lowest, highest))
    }

    /// Must obey a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Null is sent as this, and this is read as null.
    #[must_use]
    pub fn null_as(mut self, literal: impl Into<Literal>) -> Self {
        self.null_as = Some(literal.into());
        self
    }

    /// Unless it is configured, what the service says is kept.
    #[must_use]
    pub fn service_fills(mut self) -> Self {
        self.service_fills = true;
        self
    }

    /// Unknown when one of these changes.
    #[must_use]
    pub fn follows(mut self, paths: &'static [&'static str]) -> Self {
        self.follows = paths;
        self
    }

    /// On when this member is true.
    #[must_use]
    pub fn switched_by(mut self, member: &'static str) -> Self {
        self.switch = Some(member);
        self.off = Off::SwitchedOff;
        self
    }

    /// Sent so when it is taken out.
    #[must_use]
    pub fn off(mut self, off: Off) -> Self {
        self.off = off;
        self
    }

    /// At most so many.
    #[must_use]
    pub fn at_most(mut self, max: usize) -> Self {
        if let Shape::Blocks(blocks) = &mut self.shape {
            blocks.max = max;
            return self;
        }
        self.rule(Rule::AtMost(max))
    }

    /// With one more row inside the block.
    #[must_use]
    pub fn with(mut self, row: Row) -> Self {
        if let Shape::Blocks(blocks) = &mut self.shape {
            blocks.rows.push(row);
        }
        self
    }

    /// What to use instead.
    #[must_use]
    pub fn deprecated(mut self, instead: &'static str) -> Self {
        self.deprecated = Some(instead);
        self
    }

    /// For people.
    #[must_use]
    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// Whether a configuration may set it.
    pub fn configurable(&self) -> bool {
        self.presence != Presence::Computed
    }

    /// Whether the service decides it when the configuration does not.
    pub fn is_computed(&self) -> bool {
        matches!(self.presence, Presence::Computed | Presence::OptionalComputed)
    }

    /// Whether only the configuration decides it: what was never configured is not ours.
    pub fn ours_alone(&self) -> bool {
        self.presence == Presence::Optional && self.default.is_none()
    }

    /// The rows inside a block.
    pub fn inner(&self) -> &[Row] {
        if let Shape::Blocks(blocks) = &self.shape { &blocks.rows } else { &[] }
    }
}

impl From<bool> for Literal {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Literal {
    fn from(n: i64) -> Self {
        Self::Integer(n)
    }
}

impl From<&'static str> for Literal {
    fn from(s: &'static str) -> Self {
        Self::Text(s)
    }
}
