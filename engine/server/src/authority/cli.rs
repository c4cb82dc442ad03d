//! `varde device certificate`.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use central::words::Municipality;

use super::{Authority, AuthorityError, disk, write_new};

/// Issues a certificate for a device and writes `<id>.pem`, `<id>.key` (0600) and the authority's `ca.pem` to
/// the folder `out`. Returns what was written. Never writes over a device's files: withdraw the old certificate first.
pub fn cli_issue(
    folder: &Path,
    id: &str,
    municipality: Municipality,
    out: &Path,
) -> Result<Vec<PathBuf>, AuthorityError> {
    let authority = Authority::open(folder)?;
    let issued = authority.issue_device(id, municipality)?;
    DirBuilder::new().recursive(true).mode(0o700).create(out).map_err(disk(out))?;
    let (certificate, key) = (out.join(format!("{id}.pem")), out.join(format!("{id}.key")));
    let root = out.join("ca.pem");
    write_new(&certificate, issued.cert_pem.as_bytes(), 0o644)?;
    write_new(&key, issued.key_pem.as_bytes(), 0o600)?;
    if !root.exists() {
        write_new(&root, authority.ca_pem().as_bytes(), 0o644)?;
    }
    Ok(vec![certificate, key, root])
}
