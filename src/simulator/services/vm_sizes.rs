//! The sizes of virtual machines that every region has: names and families as Azure's list of SKUs has them.

/// Sizes that differ in their number alone.
struct Series {
    /// What is before the number.
    head: &'static str,
    /// What is after it.
    tail: &'static str,
    family: &'static str,
    /// The numbers, each with the cores that it stands for.
    sizes: &'static [(u64, u64)],
}

const EVEN: &[(u64, u64)] = &[(2, 2), (4, 4), (8, 8), (16, 16), (32, 32), (48, 48), (64, 64), (96, 96)];
const COUNTED: &[(u64, u64)] = &[(1, 1), (2, 2), (3, 4), (4, 8), (5, 16)];
const SMALL: &[(u64, u64)] = &[(2, 2), (4, 4), (8, 8), (12, 12), (16, 16), (20, 20)];

#[rustfmt::skip] // A table: a line for each.
const SERIES: &[Series] = &[
    Series { head: "Standard_B", tail: "ms", family: "standardBSFamily", sizes: SMALL },
    Series { head: "Standard_B", tail: "s", family: "standardBSFamily", sizes: &[(2, 2)] },
    Series { head: "Standard_B", tail: "s_v2", family: "standardBsv2Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "_v2", family: "standardDv2Family", sizes: COUNTED },
    Series { head: "Standard_DS", tail: "_v2", family: "standardDSv2Family", sizes: COUNTED },
    Series { head: "Standard_D", tail: "_v3", family: "standardDv3Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "s_v3", family: "standardDSv3Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "s_v4", family: "standardDSv4Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "s_v5", family: "standardDSv5Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "ds_v4", family: "standardDDSv4Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "ds_v5", family: "standardDDSv5Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "as_v5", family: "standardDASv5Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "lds_v5", family: "standardDLDSv5Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "ads_v5", family: "standardDADSv5Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "ps_v5", family: "standardDPSv5Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "s_v6", family: "StandardDsv6Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "ds_v6", family: "StandardDdsv6Family", sizes: EVEN },
    Series { head: "Standard_D", tail: "as_v6", family: "StandardDasv6Family", sizes: EVEN },
    Series { head: "Standard_E", tail: "s_v3", family: "standardESv3Family", sizes: EVEN },
    Series { head: "Standard_E", tail: "s_v5", family: "standardESv5Family", sizes: EVEN },
    Series { head: "Standard_E", tail: "ds_v5", family: "standardEDSv5Family", sizes: EVEN },
    Series { head: "Standard_E", tail: "as_v5", family: "standardEASv5Family", sizes: EVEN },
    Series { head: "Standard_F", tail: "s_v2", family: "standardFSv2Family", sizes: EVEN },
    Series { head: "Standard_NC", tail: "s_v3", family: "standardNCSv3Family", sizes: &[(6, 6), (12, 12), (24, 24)] },
    Series { head: "Standard_NC", tail: "as_T4_v3", family: "standardNCASv3_T4Family", sizes: &[(4, 4), (8, 8), (16, 16), (64, 64)] },
    Series { head: "Standard_NC", tail: "ads_A100_v4", family: "StandardNCADSA100v4Family", sizes: &[(24, 24), (48, 48), (96, 96)] },
];

/// A size.
#[derive(Debug, Clone)]
pub(super) struct Size {
    /// `Standard_D4s_v5`
    pub name: String,
    /// `standardDSv5Family`
    pub family: &'static str,
    /// How many cores it has.
    pub cores: u64,
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Size> {
    SERIES.iter().flat_map(|series| {
        series.sizes.iter().map(|(number, cores)| Size {
            name: format!("{}{number}{}", series.head, series.tail),
            family: series.family,
            cores: *cores,
        })
    })
}

/// A size by its name in any casing.
pub(super) fn named(name: &str) -> Option<Size> {
    all().find(|size| size.name.eq_ignore_ascii_case(name))
}
