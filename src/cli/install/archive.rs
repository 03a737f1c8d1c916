//! Packages in archives: `.tar.gz` and `.tar`, as registries give them.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;

/// More than that is no module.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

const BLOCK: usize = 512;

/// Unpacks an archive into a folder.
///
/// # Errors
/// Why it cannot be unpacked, to be said of the archive.
pub fn unpack(bytes: &[u8], target: &Path) -> Result<(), String> {
    let mut tar = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let limited = GzDecoder::new(bytes).take(MOST_BYTES + 1).read_to_end(&mut tar);
        limited.map_err(|error| format!("cannot be decompressed: {error}"))?;
        if tar.len() as u64 > MOST_BYTES {
            return Err("is larger than any module".to_owned());
        }
    } else if bytes.starts_with(b"PK\x03\x04") {
        return Err("is a zip archive; only .tar.gz and .tar can be unpacked here, or use git".to_owned());
    } else {
        tar.extend_from_slice(bytes);
    }
    let mut entries = Entries { rest: &tar, long_name: None };
    while let Some(entry) = entries.next()? {
        let path = safe(&entry.name).ok_or_else(|| format!("has a file outside of itself: {:?}", entry.name))?;
        let path = target.join(path);
        let written = match entry.kind {
            b'5' => fs::create_dir_all(&path),
            b'0' | 0 => {
                path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, entry.contents))
            }
            // Links could lead anywhere, and nothing else belongs into a module.
            _ => Ok(()),
        };
        written.map_err(|error| format!("cannot be written to {}: {error}", path.display()))?;
    }
    Ok(())
}

/// A name that stays below where it is put.
fn safe(name: &str) -> Option<PathBuf> {
    let mut safe = PathBuf::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => safe.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(safe)
}

struct Entry<'a> {
    name: String,
    kind: u8,
    contents: &'a [u8],
}

/// The entries of a tar archive (POSIX ustar, with the long names of GNU and pax).
struct Entries<'a> {
    rest: &'a [u8],
    long_name: Option<String>,
}

impl<'a> Entries<'a> {
    fn next(&mut self) -> Result<Option<Entry<'a>>, String> {
        loop {
            let Some((header, rest)) = self.rest.split_at_checked(BLOCK) else { return Ok(None) };
            if header.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            if header.get(257..262) != Some(b"ustar") {
                return Err("is no tar archive".to_owned());
            }
            let size = octal(field(header, 124, 12)).ok_or("has an entry of no size")?;
            let (contents, rest) = rest.split_at_checked(size).ok_or("ends in the middle of a file")?;
            self.rest = rest.get(size.next_multiple_of(BLOCK) - size..).unwrap_or_default();
            let kind = header.get(156).copied().unwrap_or_default();
            match kind {
                b'L' => self.long_name = Some(text(contents)),
                b'x' => self.long_name = pax_path(&text(contents)).or(self.long_name.take()),
                b'g' => {}
                _ => {
                    let name = self.long_name.take().unwrap_or_else(|| short_name(header));
                    return Ok(Some(Entry { name, kind, contents }));
                }
            }
        }
    }
}

fn short_name(header: &[u8]) -> String {
    let (name, prefix) = (text(field(header, 0, 100)), text(field(header, 345, 155)));
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

fn field(header: &[u8], from: usize, length: usize) -> &[u8] {
    header.get(from..from + length).unwrap_or_default()
}

/// Up to the first zero byte.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn octal(bytes: &[u8]) -> Option<usize> {
    usize::from_str_radix(text(bytes).trim(), 8).ok()
}

/// `path` among the records `LENGTH KEY=VALUE\n` of a pax header.
fn pax_path(records: &str) -> Option<String> {
    records.lines().find_map(|record| record.split_once(' ')?.1.strip_prefix("path=").map(str::to_owned))
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;

    /// A `.tar.gz` of files.
    pub(in super::super) fn pack(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = Vec::new();
        for (name, contents) in files {
            let mut header = [0u8; BLOCK];
            header[..name.len()].copy_from_slice(name.as_bytes());
            let size = format!("{:011o}", contents.len());
            header[124..124 + size.len()].copy_from_slice(size.as_bytes());
            header[156] = b'0';
            header[257..262].copy_from_slice(b"ustar");
            tar.extend(header);
            tar.extend(contents.as_bytes());
            tar.resize(tar.len().next_multiple_of(BLOCK), 0);
        }
        tar.resize(tar.len() + 2 * BLOCK, 0);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&tar).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn files_are_written_below_the_target_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        unpack(&pack(&[("main.tf", "a"), ("./sub/x.tf", "b")]), folder.path()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("sub/x.tf")).unwrap(), "b");
        for name in ["../x", "/x", "a/../../x"] {
            assert!(unpack(&pack(&[(name, "")]), folder.path()).is_err(), "{name}");
        }
        for bytes in [&b"PK\x03\x04"[..], &[1; 600], &[0x1f, 0x8b, 1]] {
            assert!(unpack(bytes, folder.path()).is_err());
        }
    }
}
