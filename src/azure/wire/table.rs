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

use super::plan::Dialect;

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
    /// The kinds of what is written into its objects from beside them.
    pub tells_of: &'static [&'static str],
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
    /// azurerm 5 asks for it, where 4 leaves it to the service.
    pub asked_in_v5: bool,
    /// How the schema of azurerm 5 has it, where that is told otherwise than it is taken here.
    pub told_in_v5: Option<Presence>,
    /// azurerm 5 has it no more; it is taken, and left out where its schema is told.
    pub former: bool,
    /// Not shown, though azurerm's own schema does not say that it is sensitive.
    pub hidden: bool,
    /// Not shown.
    pub sensitive: bool,
    /// Never recorded.
    pub write_only: bool,
    /// Only one major version of azurerm has it.
    pub dialect: Option<Dialect>,
    /// Another name of the same setting, beside it: they are always equal, whichever of them is configured.
    pub twin: Option<&'static str>,
    /// It lists objects that may have a kind of their own: recorded empty, it stays so.
    pub mirrors: bool,
    /// What the service fills in where nothing is sent.
    pub filled_as: Option<Literal>,
    /// What it is when the service says nothing of it and nothing was configured, where that is not its default.
    pub unsaid: Option<Literal>,
    /// Its default is not sent: the service takes it for granted.
    pub tacit: bool,
    /// The published model of its kind, which is older than the service, does not have it.
    pub newer: bool,
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
    /// The same JSON, however it is written.
    Json,
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
        Self {
            name,
            arm_type,
            api_version,
            id,
            rows: Vec::new(),
            constants: Vec::new(),
            schema_version: 0,
            tells_of: &[],
            about: "",
        }
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

    /// Its objects also say what these kinds write.
    #[must_use]
    pub fn tells_of(mut self, kinds: &'static [&'static str]) -> Self {
        self.tells_of = kinds;
        self
    }

    /// With a sentence for people.
    #[must_use]
    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
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
