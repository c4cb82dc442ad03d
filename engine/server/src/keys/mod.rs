//! Keys that seal what identifies or describes a person, kept outside the log.
//!
//! Every signal is sealed under a key of its own, so that it can be handed to a person later, or erased alone.
//! A key is durable before any entry names it, without a sync on an alarm's path: keys are drawn from a pool
//! that a thread of its own writes and syncs ahead. The format of the file is in `docs/keys.md`.
//!
//! If the pool is empty (the disk is full, or slower than the flood), signals share the keys of a small
//! reserve, round robin. They stay readable and sealed; erasing one of them erases those that share its key.
//! How many did is counted ([`Keys::shared`]), and the reserve is renewed with the pool.
//!
//! Order at start: [`Keys::open`], [`Keys::used_up_to`] for every key the log names, [`Keys::begin`].

mod file;
mod pool;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use central::entry::Sealed;
use central::words::KeyId;

use self::file::{KeyFile, Reader};
use self::pool::{Key, Pool, Taken};
use crate::limits::{KEY_POOL, KEY_RETRY};

/// Why the keys cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Others may read it.
    #[error(
        "{path} can be read by others (mode {mode:o}): set it to 600 for the file, 700 for its folder, owned by the engine's user"
    )]
    Open {
        /// The file or its folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another process has it.
    #[error("{0} is in use by another process: stop that engine first")]
    InUse(PathBuf),
    /// The header is not ours.
    #[error(
        "{0} is not a key file of this version: put the right file there; without it nothing sealed can be opened"
    )]
    NotKeys(PathBuf),
    /// The disk said no.
    #[error(
        "{path}: {source}: see that the folder exists, is writable by the engine's user and has room"
    )]
    Disk {
        /// The file or its folder.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// Why one seal does not open.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    /// Its key is gone, as it should be when a person was erased.
    #[error("the key is erased")]
    Erased,
    /// Its key does not fit: altered bytes, or the key file of another log.
    #[error("the sealed part was altered, or the key file belongs to another log")]
    Wrong,
    /// The key file could not be read.
    #[error("the key file cannot be read: {0}")]
    Disk(#[from] io::Error),
}

/// The keys of one log. Shared by reference; dropping it stops its thread.
pub struct Keys {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    reader: Reader,
    file: Mutex<KeyFile>,
    pool: Mutex<Pool>,
    low: Condvar,
    /// The highest key the log names.
    used: AtomicU64,
    /// Seals under a shared key in this run.
    sharers: AtomicU64,
    stop: AtomicBool,
}

impl Keys {
    /// Opens the key file in `folder`, or makes both (folder 0700, file 0600).
    pub fn open(folder: &Path) -> Result<Self, KeysError> {
        let file = KeyFile::open(folder)?;
        let shared = Shared {
            reader: file.reader()?,
            file: Mutex::new(file),
            pool: Mutex::new(Pool::default()),
            low: Condvar::new(),
            used: AtomicU64::new(0),
            sharers: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        };
        Ok(Self { shared: Arc::new(shared), thread: Mutex::new(None) })
    }

    /// A key that the log names; told while the log is folded, so that no key is used again.
    pub fn used_up_to(&self, key: KeyId) {
        self.shared.used.fetch_max(key.0, Ordering::Relaxed);
    }

    /// Fills the pool after the last key the log names and keeps it full from a thread of its own.
    ///
    /// With no room to fill it, signals share the last keys in the file; an error only if there are none.
    pub fn begin(&self) -> Result<(), KeysError> {
        let used = self.shared.used.load(Ordering::Relaxed);
        let missing = lock(&self.shared.file).continue_after(used);
        if missing > 0 {
            tracing::error!(
                missing,
                "the log names keys that the key file lacks: what they seal cannot be opened; restore the key file"
            );
        }
        if let Err(error) = self.shared.refill() {
            tracing::error!(%error, "no room for new keys: signals share the last ones until there is");
            let last = lock(&self.shared.file).last()?;
            lock(&self.shared.pool).reserve_of(last);
        }
        let shared = Arc::clone(&self.shared);
        let thread =
            std::thread::Builder::new().name("keys".to_owned()).spawn(move || shared.run());
        let thread = thread.map_err(|source| lock(&self.shared.file).said(source))?;
        *lock(&self.thread) = Some(thread);
        Ok(())
    }

    /// A key for a person; `None`: none is ready, for a shared one would be erased with others.
    pub fn fresh(&self) -> Option<KeyId> {
        let (slot, low) = {
            let mut pool = lock(&self.shared.pool);
            (pool.own(), pool.is_low())
        };
        if low {
            self.shared.low.notify_one();
        }
        slot.map(|slot| KeyId(slot.id))
    }

    /// Whether a key is there to open with.
    pub fn has(&self, key: KeyId) -> bool {
        // What cannot be read cannot be said to be gone.
        !matches!(self.shared.reader.key(key.0), Ok(None))
    }

    /// Seals under a key that has a name already, such as a person's. `None`: it is erased, or cannot be read.
    pub fn seal_under(&self, key: KeyId, plain: &[u8]) -> Option<Sealed> {
        let found = self.shared.reader.key(key.0).ok()??;
        seal(key.0, &found, plain)
    }

    /// Seals under a key of its own. `None`: no key at all ([`Keys::begin`] was not called) or no randomness;
    /// the signal goes on without its personal part rather than in clear.
    pub fn seal(&self, plain: &[u8]) -> Option<Sealed> {
        let Taken { slot, low, shared } = lock(&self.shared.pool).take()?;
        if low {
            self.shared.low.notify_one();
        }
        if shared {
            self.shared.sharers.fetch_add(1, Ordering::Relaxed);
        }
        seal(slot.id, &slot.key, plain)
    }

    /// Opens what was sealed. Reads the key file (32 bytes, most often from memory).
    pub fn open_sealed(&self, sealed: &Sealed) -> Result<Vec<u8>, Closed> {
        open_with(&self.shared.reader, sealed)
    }

    /// Erases keys: what they seal can never be opened again, here. Durable when it returns. The file system
    /// and the disk may keep old blocks, and backups of the key file keep theirs: see `docs/keys.md`.
    pub fn erase(&self, keys: &[KeyId]) -> io::Result<()> {
        let mut file = lock(&self.shared.file);
        lock(&self.shared.pool).forget(keys);
        file.erase(keys)
    }

    /// Erases keys soon, from the thread of the keys, which tries again while the disk refuses. Until it is
    /// done they count as [`Keys::doomed`]; a start does it again where the process ended before.
    pub fn doom(&self, keys: Vec<KeyId>) {
        let mut pool = lock(&self.shared.pool);
        pool.forget(&keys);
        pool.doomed.extend(keys);
        drop(pool);
        self.shared.low.notify_one();
    }

    /// Keys that are to be erased and not yet are.
    pub fn doomed(&self) -> usize {
        lock(&self.shared.pool).doomed.len()
    }

    /// Keys ready to be used.
    pub fn ready(&self) -> usize {
        lock(&self.shared.pool).len()
    }

    /// Seals made under a shared key in this run; should be 0.
    pub fn shared(&self) -> u64 {
        self.shared.sharers.load(Ordering::Relaxed)
    }
}

impl Shared {
    /// Makes keys durable, then puts them in the pool.
    fn refill(&self) -> Result<(), KeysError> {
        let mut file = lock(&self.file);
        loop {
            let ready = lock(&self.pool).len();
            if ready >= KEY_POOL {
                return Ok(());
            }
            // Not under the pool's lock: signals draw from it while the disk works.
            let keys = file.make_durable(KEY_POOL - ready)?;
            lock(&self.pool).add(keys);
        }
    }

    /// Overwrites the keys that are doomed, and forgets them only when that is durable.
    fn destroy(&self) -> io::Result<()> {
        let doomed = lock(&self.pool).doomed.clone();
        if doomed.is_empty() {
            return Ok(());
        }
        lock(&self.file).erase(&doomed)?;
        lock(&self.pool).doomed.drain(..doomed.len());
        Ok(())
    }

    fn run(&self) {
        let mut failed = false;
        while self.wait_for_work() {
            // First, for it needs no room: a full disk must not keep a person's key.
            let destroyed = self.destroy().map_err(|error| lock(&self.file).said(error));
            let refilled = self.refill();
            match destroyed.and(refilled) {
                Ok(()) => failed = false,
                Err(error) => {
                    if !std::mem::replace(&mut failed, true) {
                        tracing::error!(%error, "keys cannot be made or destroyed: make room, or see to the disk; tried again every second");
                    }
                    self.pause();
                }
            }
        }
        // What was doomed at the last moment; where the disk refuses, the next start does it.
        let _ = self.destroy();
    }

    /// False: stop.
    fn wait_for_work(&self) -> bool {
        let pool = lock(&self.pool);
        let idle = |pool: &mut Pool| {
            !pool.is_low() && pool.doomed.is_empty() && !self.stop.load(Ordering::Relaxed)
        };
        drop(self.low.wait_while(pool, idle).unwrap_or_else(PoisonError::into_inner));
        !self.stop.load(Ordering::Relaxed)
    }

    fn pause(&self) {
        let going = |_: &mut Pool| !self.stop.load(Ordering::Relaxed);
        drop(self.low.wait_timeout_while(lock(&self.pool), KEY_RETRY, going));
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        {
            // Under the lock, so that the thread is either waiting or has yet to look.
            let _pool = lock(&self.shared.pool);
            self.shared.stop.store(true, Ordering::Relaxed);
        }
        self.shared.low.notify_all();
        if let Some(thread) = lock(&self.thread).take() {
            // A panic there was already told by its own hook.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// The key file for reading, beside the engine that writes it: for commands that open what is sealed. Who may
/// is who may read the file.
pub struct ReadKeys(Reader);

impl ReadKeys {
    /// Opens the key file in `folder`, which must be there.
    pub fn open(folder: &Path) -> Result<Self, KeysError> {
        Reader::open(folder).map(Self)
    }

    /// Opens what was sealed.
    pub fn open_sealed(&self, sealed: &Sealed) -> Result<Vec<u8>, Closed> {
        open_with(&self.0, sealed)
    }
}

fn open_with(reader: &Reader, sealed: &Sealed) -> Result<Vec<u8>, Closed> {
    let key = reader.key(sealed.key.0)?.ok_or(Closed::Erased)?;
    let mut bytes = sealed.bytes.clone();
    let nonce = Nonce::assume_unique_for_key(sealed.nonce);
    let cipher = cipher(&key).ok_or(Closed::Wrong)?;
    let plain = cipher.open_in_place(nonce, aad(sealed.key.0), &mut bytes);
    let length = plain.map_err(|_| Closed::Wrong)?.len();
    bytes.truncate(length);
    Ok(bytes)
}

/// The nonce is random: a person's key seals far fewer than the 2^32 messages that allows.
fn seal(id: u64, key: &Key, plain: &[u8]) -> Option<Sealed> {
    let mut nonce = [0; NONCE_LEN];
    aws_lc_rs::rand::fill(&mut nonce).ok()?;
    let mut bytes = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
    bytes.extend_from_slice(plain);
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(id), &mut bytes)
        .ok()?;
    Some(Sealed { key: KeyId(id), nonce, bytes })
}

fn cipher(key: &Key) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key.bytes()).ok().map(LessSafeKey::new)
}

/// Binds the ciphertext to its key's name: it cannot be passed off under another.
fn aad(id: u64) -> Aad<[u8; 8]> {
    Aad::from(id.to_le_bytes())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
