//! Lists, tuples, maps and objects.

mod choose;
mod maps;
mod sequences;

use super::{Function, Param, Returns, Takes};

const LIST: Param = Param::any("list");
const VALS: Param = Param::any("vals").null().unknown().dynamic();
const BOOL: Returns = Returns::Always(Takes::Bool);
const NUMBER: Returns = Returns::Always(Takes::Number);
const BOOLS: Param = Param::new("list", Takes::Bools);

pub(super) const TABLE: &[Function] = &[
    Function::new("alltrue", &[BOOLS], BOOL, choose::alltrue),
    Function::new("anytrue", &[BOOLS], BOOL, choose::anytrue),
    Function::new(
        "chunklist",
        &[Param::new("list", Takes::List).marked(), Param::number("size").marked()],
        Returns::By(sequences::chunklist_type),
        sequences::chunklist,
    ),
    Function::new("coalesce", &[], Returns::By(choose::coalesce_type), choose::coalesce).variadic(VALS),
    Function::new("coalescelist", &[], Returns::By(choose::coalescelist_type), choose::coalescelist).variadic(VALS),
    Function::new(
        "compact",
        &[Param::new("list", Takes::Strings)],
        Returns::Always(Takes::Strings),
        sequences::compact,
    ),
    Function::new("concat", &[], Returns::By(sequences::concat_type), sequences::concat)
        .variadic(Param::any("seqs").marked()),
    Function::new("contains", &[LIST, Param::any("value")], BOOL, choose::contains),
    Function::new(
        "distinct",
        &[Param::new("list", Takes::List)],
        Returns::By(sequences::same_type),
        sequences::distinct,
    ),
    Function::new(
        "element",
        &[LIST.marked(), Param::number("index")],
        Returns::By(choose::element_type),
        choose::element,
    )
    .or_null(),
    Function::new("flatten", &[LIST.marked()], Returns::By(sequences::flatten_type), sequences::flatten),
    Function::new("index", &[LIST, Param::any("value")], NUMBER, choose::index),
    Function::new("keys", &[Param::any("inputMap").unknown().marked()], Returns::By(maps::keys_type), maps::keys),
    Function::new(
        "length",
        &[Param::any("value").unknown().dynamic().marked()],
        Returns::By(choose::length_type),
        choose::length,
    ),
    Function::new("list", &[], Returns::By(|_| Err(sequences::REMOVED_LIST.into())), |_| {
        Err(sequences::REMOVED_LIST.into())
    })
    .variadic(VALS),
    Function::new("map", &[], Returns::By(|_| Err(sequences::REMOVED_MAP.into())), |_| {
        Err(sequences::REMOVED_MAP.into())
    })
    .variadic(VALS),
    Function::new(
        "lookup",
        &[Param::any("inputMap").marked(), Param::string("key").marked()],
        Returns::By(maps::lookup_type),
        maps::lookup,
    )
    .variadic(Param::any("default").null().unknown().dynamic().marked())
    .or_null(),
    Function::new(
        "matchkeys",
        &[Param::new("values", Takes::List), Param::new("keys", Takes::List), Param::new("searchset", Takes::List)],
        Returns::By(sequences::matchkeys_type),
        sequences::matchkeys,
    ),
    Function::new("merge", &[], Returns::By(maps::merge_type), maps::merge)
        .variadic(Param::any("maps").null().dynamic().marked()),
    Function::new("one", &[LIST], Returns::By(choose::one_type), choose::one).or_null(),
    Function::new("reverse", &[LIST.marked()], Returns::By(sequences::reverse_type), sequences::reverse),
    Function::new(
        "slice",
        &[LIST.marked(), Param::number("start_index"), Param::number("end_index")],
        Returns::By(sequences::slice_type),
        sequences::slice,
    ),
    Function::new(
        "sort",
        &[Param::new("list", Takes::Strings).unknown()],
        Returns::Always(Takes::Strings),
        sequences::sort,
    ),
    Function::new("transpose", &[Param::new("values", Takes::Lists)], Returns::Always(Takes::Lists), maps::transpose),
    Function::new("values", &[Param::any("mapping").marked()], Returns::By(maps::values_type), maps::values),
    Function::new(
        "zipmap",
        &[Param::new("keys", Takes::Strings).marked(), Param::any("values").marked()],
        Returns::By(maps::zipmap_type),
        maps::zipmap,
    ),
];
