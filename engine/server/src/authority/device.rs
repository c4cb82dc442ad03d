//! `varde device certificate`: the files a device is given.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use central::words::Municipality;

use super::{Authority, AuthorityError, disk, write_new};

impl Authority {
    /// Issues a certificate for a device and writes `<id>.pem`, `<id>.key` (0600) and the authority's `ca.pem`
    /// to the folder `out`. Returns what is there. Never writes over a device's files.
    pub fn write_device(
        &self,
        id: &str,
        municipality: Municipality,
        out: &Path,
    ) -> Result<Vec<PathBuf>, AuthorityError> {
        let issued = self.issue_device(id, municipality)?;
        DirBuilder::new().recursive(true).mode(0o700).create(out).map_err(disk(out))?;
        let (certificate, key) = (out.join(format!("{id}.pem")), out.join(format!("{id}.key")));
        let root = out.join("ca.pem");
        write_new(&key, issued.key_pem.as_bytes(), 0o600)?;
        write_new(&certificate, issued.cert_pem.as_bytes(), 0o644)?;
        if !root.exists() {
            write_new(&root, self.ca_pem().as_bytes(), 0o644)?;
        }
        Ok(vec![certificate, key, root])
    }
}
