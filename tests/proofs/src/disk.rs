//! The preloaded shim between the engine and its disk (`tests/faults/shim.c`), and what it is told.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::engine::Engine;

/// What the shim can be told; the numbers are `struct control`'s places.
#[derive(Clone, Copy, Debug)]
pub enum Knob {
    /// Every sync takes this many milliseconds longer.
    SyncDelay = 0,
    /// 1: no file can be made or grow (ENOSPC).
    Full = 1,
    /// 1: a sync says yes and does nothing.
    SkipSync = 2,
    /// The n-th write from now and all after it fail (EIO).
    FailWrite = 3,
    /// The n-th sync from now and all after it fail (EIO).
    FailSync = 4,
    /// Writes so far (read only).
    Writes = 5,
    /// Syncs so far (read only).
    Syncs = 6,
    /// The n-th read from now and all after it fail (EIO).
    FailRead = 7,
    /// Calls made to fail so far (read only).
    Failed = 8,
    /// The n-th file made or grown from now and all after it fail (ENOSPC).
    FullAt = 9,
    /// 1: of what fails from the n-th on, only the n-th does.
    Once = 10,
    /// Files made or grown so far (read only).
    Grown = 11,
    /// Reads so far (read only).
    Reads = 12,
}

/// Where the shift of the wall clock stands, where it stands still, and the part of a path.
const SHIFT: u64 = 64;
const STOPPED: u64 = 72;
const ONLY: u64 = 80;
const ONLY_LEN: usize = 63;

/// A disk under control.
pub struct Disk {
    control: File,
    control_path: PathBuf,
    /// What was recorded.
    pub trace: PathBuf,
    data: PathBuf,
}

impl Disk {
    /// Prepares a shim for a data folder; `beside` takes its trace and control files.
    pub fn new(data: &Path, beside: &Path) -> Self {
        let control_path = beside.join("control");
        std::fs::write(&control_path, [0; 4096]).expect("the control file can be written");
        let control = OpenOptions::new().read(true).write(true).open(&control_path);
        let control = control.expect("the control file opens");
        Self { control, control_path, trace: beside.join("trace"), data: data.to_owned() }
    }

    /// Faults are for files with this in their path below the data folder; empty: for all.
    pub fn only(&self, part: &str) {
        let mut bytes = part.as_bytes().to_vec();
        assert!(bytes.len() <= ONLY_LEN, "the shim keeps {ONLY_LEN} bytes of it");
        bytes.resize(ONLY_LEN + 1, 0);
        self.control.write_all_at(&bytes, ONLY).expect("the control file is written");
    }

    /// Puts the wall clock this many nanoseconds ahead of the truth; negative: behind.
    pub fn shift_clock(&self, nanos: i64) {
        self.put_clock(0, STOPPED);
        self.put_clock(nanos, SHIFT);
    }

    /// The wall clock stands still from now on.
    pub fn stop_clock(&self) {
        self.put_clock(crate::unit::wall().cast_signed(), STOPPED);
    }

    fn put_clock(&self, value: i64, at: u64) {
        self.control.write_all_at(&value.to_le_bytes(), at).expect("the control file is written");
    }

    /// The environment that puts the shim under a process; with `record`, every change is traced.
    pub fn env(&self, record: bool) -> Vec<(&'static str, String)> {
        let trace = if record { self.trace.display().to_string() } else { String::new() };
        vec![
            ("LD_PRELOAD", shim().display().to_string()),
            ("VARDE_SHIM_DIR", self.data.display().to_string()),
            ("VARDE_SHIM_TRACE", trace),
            ("VARDE_SHIM_CONTROL", self.control_path.display().to_string()),
        ]
    }

    /// An engine on this disk that does not start is told with what it printed.
    pub fn try_start(&self, args: &[&str], record: bool) -> Result<Engine, String> {
        let env = self.env(record);
        let env: Vec<(&str, &str)> =
            env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Engine::try_start_as(&self.data, args, &env)
    }

    /// A new engine on a new disk.
    pub fn start(data: &Path, beside: &Path, record: bool) -> (Engine, Self) {
        std::fs::create_dir_all(data).expect("a folder");
        let disk = Self::new(data, beside);
        let engine = disk.try_start(&[], record);
        (engine.unwrap_or_else(|why| panic!("the engine did not start: {why}")), disk)
    }

    /// Tells the shim.
    pub fn set(&self, knob: Knob, value: u32) {
        let at = 4 * knob as u64;
        self.control.write_all_at(&value.to_le_bytes(), at).expect("the control file is written");
    }

    /// Asks it.
    pub fn ask(&self, knob: Knob) -> u32 {
        let mut value = [0; 4];
        self.control.read_exact_at(&mut value, 4 * knob as u64).expect("the control file is read");
        u32::from_le_bytes(value)
    }
}

/// The shim, compiled once a test process with the machine's C compiler.
fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../faults/shim.c");
        let to = crate::engine::binaries().join(format!("shim-{}.so", std::process::id()));
        let done = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(&to)
            .arg(source)
            .args(["-ldl", "-lpthread"])
            .status()
            .expect("a C compiler runs");
        assert!(done.success(), "the shim does not compile");
        to
    })
}
