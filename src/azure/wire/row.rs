//! How the rows of a table are written: each method says one thing about a row and gives it back.

use super::plan::Dialect;
use super::table::{Codec, Literal, Off, Presence, Row, Rule, Same, Shape};

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
            asked_in_v5: false,
            told_in_v5: None,
            former: false,
            hidden: false,
            sensitive: false,
            write_only: false,
            dialect: None,
            twin: None,
            mirrors: false,
            filled_as: None,
            unsaid: None,
            tacit: false,
            newer: false,
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

    /// Asked for by azurerm 5, where 4 leaves it to the service.
    #[must_use]
    pub fn asked_in_v5(mut self) -> Self {
        self.asked_in_v5 = true;
        self
    }

    /// Told so by the schema of azurerm 5, though 4's ways are taken too.
    #[must_use]
    pub fn told_in_v5(mut self, presence: Presence) -> Self {
        self.told_in_v5 = Some(presence);
        self
    }

    /// Left behind by azurerm 5, and taken all the same.
    #[must_use]
    pub fn former(mut self) -> Self {
        self.former = true;
        self
    }

    /// Not shown, although azurerm's schema would show it.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self.sensitive()
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

    /// Only in this major version of azurerm.
    #[must_use]
    pub fn only_in(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Another name of the row that is called so; both say the same.
    #[must_use]
    pub fn twin(mut self, name: &'static str) -> Self {
        self.twin = Some(name);
        self
    }

    /// Lists what may have a kind of its own.
    #[must_use]
    pub fn mirrors(mut self) -> Self {
        self.mirrors = true;
        self
    }

    /// The service says this of its own accord.
    #[must_use]
    pub fn filled_as(mut self, literal: impl Into<Literal>) -> Self {
        self.filled_as = Some(literal.into());
        self
    }

    /// This when the service says nothing of it.
    #[must_use]
    pub fn unsaid(mut self, literal: impl Into<Literal>) -> Self {
        self.unsaid = Some(literal.into());
        self
    }

    /// Its default is not sent.
    #[must_use]
    pub fn tacit(mut self) -> Self {
        self.tacit = true;
        self
    }

    /// Newer than the published model of its kind.
    #[must_use]
    pub fn newer(mut self) -> Self {
        self.newer = true;
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

    /// What to use instead; `""` where nothing is needed.
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
