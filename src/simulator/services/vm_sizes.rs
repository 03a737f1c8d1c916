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
const TO_32: &[(u64, u64)] = &[(2, 2), (4, 4), (8, 8), (16, 16), (32, 32)];
const COUNTED: &[(u64, u64)] = &[(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (11, 2), (12, 4), (13, 8), (14, 16)];
const SMALL: &[(u64, u64)] = &[(1, 1), (2, 2), (4, 4), (8, 8), (12, 12), (16, 16), (20, 20)];
const ONE_TO_8: &[(u64, u64)] = &[(1, 1), (2, 2), (4, 4), (8, 8)];
const T4: &[(u64, u64)] = &[(4, 4), (8, 8), (16, 16), (64, 64)];
const A10: &[(u64, u64)] = &[(6, 6), (12, 12), (18, 18), (36, 36), (72, 72)];
const STORAGE: &[(u64, u64)] = &[(8, 8), (16, 16), (32, 32), (48, 48), (64, 64), (80, 80)];

const fn series(head: &'static str, tail: &'static str, family: &'static str, sizes: &'static [(u64, u64)]) -> Series {
    Series { head, tail, family, sizes }
}

#[rustfmt::skip] // A table: a line for each.
const SERIES: &[Series] = &[
    series("Standard_A", "_v2", "standardAv2Family", ONE_TO_8),
    series("Standard_A", "m_v2", "standardAv2Family", &[(2, 2), (4, 4), (8, 8)]),
    series("Standard_B", "ms", "standardBSFamily", SMALL),
    series("Standard_B", "s", "standardBSFamily", &[(1, 1), (2, 2)]),
    series("Standard_B", "ls_v2", "standardBsv2Family", &[(2, 2), (4, 4), (8, 8)]),
    series("Standard_B", "s_v2", "standardBsv2Family", TO_32),
    series("Standard_B", "as_v2", "standardBasv2Family", TO_32),
    series("Standard_B", "als_v2", "standardBasv2Family", &[(2, 2), (4, 4), (8, 8)]),
    series("Standard_B", "ps_v2", "standardBpsv2Family", &[(2, 2), (4, 4), (8, 8), (16, 16)]),
    series("Standard_B", "pls_v2", "standardBpsv2Family", &[(2, 2), (4, 4), (8, 8)]),
    series("Standard_D", "_v2", "standardDv2Family", COUNTED),
    series("Standard_DS", "_v2", "standardDSv2Family", COUNTED),
    series("Standard_D", "_v3", "standardDv3Family", EVEN),
    series("Standard_D", "s_v3", "standardDSv3Family", EVEN),
    series("Standard_D", "_v4", "standardDv4Family", EVEN),
    series("Standard_D", "s_v4", "standardDSv4Family", EVEN),
    series("Standard_D", "d_v4", "standardDDv4Family", EVEN),
    series("Standard_D", "ds_v4", "standardDDSv4Family", EVEN),
    series("Standard_D", "a_v4", "standardDAv4Family", EVEN),
    series("Standard_D", "as_v4", "standardDASv4Family", EVEN),
    series("Standard_D", "_v5", "standardDv5Family", EVEN),
    series("Standard_D", "s_v5", "standardDSv5Family", EVEN),
    series("Standard_D", "d_v5", "standardDDv5Family", EVEN),
    series("Standard_D", "ds_v5", "standardDDSv5Family", EVEN),
    series("Standard_D", "as_v5", "standardDASv5Family", EVEN),
    series("Standard_D", "ads_v5", "standardDADSv5Family", EVEN),
    series("Standard_D", "ls_v5", "standardDLSv5Family", EVEN),
    series("Standard_D", "lds_v5", "standardDLDSv5Family", EVEN),
    series("Standard_D", "ps_v5", "standardDPSv5Family", EVEN),
    series("Standard_D", "pds_v5", "standardDPDSv5Family", EVEN),
    series("Standard_D", "pls_v5", "standardDPLSv5Family", EVEN),
    series("Standard_D", "plds_v5", "standardDPLDSv5Family", EVEN),
    series("Standard_D", "s_v6", "StandardDsv6Family", EVEN),
    series("Standard_D", "ds_v6", "StandardDdsv6Family", EVEN),
    series("Standard_D", "ls_v6", "StandardDlsv6Family", EVEN),
    series("Standard_D", "lds_v6", "StandardDldsv6Family", EVEN),
    series("Standard_D", "as_v6", "StandardDasv6Family", EVEN),
    series("Standard_D", "ads_v6", "StandardDadsv6Family", EVEN),
    series("Standard_D", "als_v6", "StandardDalsv6Family", EVEN),
    series("Standard_D", "alds_v6", "StandardDaldsv6Family", EVEN),
    series("Standard_D", "ps_v6", "StandardDpsv6Family", EVEN),
    series("Standard_D", "pds_v6", "StandardDpdsv6Family", EVEN),
    series("Standard_DC", "s_v2", "standardDCSv2Family", ONE_TO_8),
    series("Standard_DC", "s_v3", "standardDCSv3Family", EVEN),
    series("Standard_DC", "as_v5", "standardDCASv5Family", EVEN),
    series("Standard_DC", "as_cc_v5", "standardDCASCCv5Family", EVEN),
    series("Standard_E", "_v3", "standardEv3Family", EVEN),
    series("Standard_E", "s_v3", "standardESv3Family", EVEN),
    series("Standard_E", "s_v4", "standardESv4Family", EVEN),
    series("Standard_E", "ds_v4", "standardEDSv4Family", EVEN),
    series("Standard_E", "as_v4", "standardEASv4Family", EVEN),
    series("Standard_E", "_v5", "standardEv5Family", EVEN),
    series("Standard_E", "s_v5", "standardESv5Family", EVEN),
    series("Standard_E", "d_v5", "standardEDv5Family", EVEN),
    series("Standard_E", "ds_v5", "standardEDSv5Family", EVEN),
    series("Standard_E", "as_v5", "standardEASv5Family", EVEN),
    series("Standard_E", "ads_v5", "standardEADSv5Family", EVEN),
    series("Standard_E", "bds_v5", "standardEBDSv5Family", EVEN),
    series("Standard_E", "ps_v5", "standardEPSv5Family", TO_32),
    series("Standard_E", "pds_v5", "standardEPDSv5Family", TO_32),
    series("Standard_E", "s_v6", "StandardEsv6Family", EVEN),
    series("Standard_E", "ds_v6", "StandardEdsv6Family", EVEN),
    series("Standard_E", "as_v6", "StandardEasv6Family", EVEN),
    series("Standard_E", "ads_v6", "StandardEadsv6Family", EVEN),
    series("Standard_F", "s", "standardFSFamily", &[(1, 1), (2, 2), (4, 4), (8, 8), (16, 16)]),
    series("Standard_F", "s_v2", "standardFSv2Family", &[(2, 2), (4, 4), (8, 8), (16, 16), (32, 32), (48, 48), (64, 64), (72, 72)]),
    series("Standard_F", "as_v6", "StandardFasv6Family", EVEN),
    series("Standard_F", "als_v6", "StandardFalsv6Family", EVEN),
    series("Standard_L", "s_v2", "standardLSv2Family", STORAGE),
    series("Standard_L", "s_v3", "standardLSv3Family", STORAGE),
    series("Standard_L", "as_v3", "standardLASv3Family", STORAGE),
    series("Standard_NC", "s_v3", "standardNCSv3Family", &[(6, 6), (12, 12), (24, 24)]),
    series("Standard_NC", "as_T4_v3", "Standard NCASv3_T4 Family", T4),
    series("Standard_NC", "ads_A100_v4", "StandardNCADSA100v4Family", &[(24, 24), (48, 48), (96, 96)]),
    series("Standard_NV", "ads_A10_v5", "StandardNVADSA10v5Family", A10),
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
