//! Between the values of the language and the JSON of Azure Resource Manager, driven by a kind's [`Table`]:
//! its schema, what is sent, what is read, what is planned, and what a configuration may say.

mod decode;
mod encode;
mod identify;
pub mod json;
mod nature;
mod others;
mod plan;
mod row;
mod rows;
mod same;
mod scalar;
mod schema;
mod table;
mod validate;

pub use decode::{Reading, as_observed, decode, reworded};
pub use encode::{blank_identities, encode};
pub use identify::{id_of, parts_of};
pub use others::Others;
pub use plan::{Dialect, PlanCase, at, changed, path_of};
pub use rows::{
    ANY_IDENTITIES, ONE_IDENTITY, block, block_set, blocks, flag, float, identity, integer, integer_set, location,
    name, resource_group_name, tags, text, text_map, text_set, texts,
};
pub use same::{equal, is_zero, normal_location, same, same_text};
pub use scalar::{from_json, literal, set_of, to_json};
pub use schema::{as_told, block_of, element_type, schema, schema_of, timeouts_type, type_of};
pub use table::{Blocks, Codec, Literal, Off, Presence, Row, Rule, Same, Scalar, Shape, Table};
pub use validate::{finding, validate};
