//! Manifests that viewers of one thread have in common: read and judged once, however many hold them.
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use ring::digest::{Context, SHA256};

use crate::dash::Mpd;
use crate::hls::{MediaPlaylist, Multivariant};
use crate::presentation::ReadError;
use crate::verify::Violation;

/// Fewer are not worth looking through for those that nobody holds any more.
const FIRST_SWEEP: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Library {
    pub(super) multivariant: Shelf<Multivariant>,
    pub(super) playlists: Shelf<MediaPlaylist>,
    pub(super) mpds: Shelf<Mpd>,
}

/// What a manifest was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// Of everything that decides what is read.
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut digest = Context::new(&SHA256);
        for part in parts {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut key = [0; 32];
        key.copy_from_slice(digest.finish().as_ref());
        Self(key)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A manifest as it was read, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Sheet<T> {
    pub(super) key: Key,
    pub(super) value: T,
    pub(super) violations: Vec<Violation>,
}

#[derive(Debug)]
pub(super) struct Shelf<T> {
    sheets: RefCell<HashMap<Key, Weak<Sheet<T>>>>,
    sweep_at: Cell<usize>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            sheets: RefCell::default(),
            sweep_at: Cell::new(FIRST_SWEEP),
        }
    }
}

impl<T> Shelf<T> {
    pub(super) fn get(
        &self,
        key: Key,
        read: impl FnOnce() -> Result<(T, Vec<Violation>), ReadError>,
    ) -> Result<Rc<Sheet<T>>, ReadError> {
        let known = self.sheets.borrow().get(&key).and_then(Weak::upgrade);
        if let Some(known) = known {
            return Ok(known);
        }
        let (value, violations) = read()?;
        let sheet = Rc::new(Sheet {
            key,
            value,
            violations,
        });
        let mut sheets = self.sheets.borrow_mut();
        if sheets.len() >= self.sweep_at.get() {
            sheets.retain(|_, sheet| sheet.strong_count() > 0);
            self.sweep_at.set((sheets.len() * 2).max(FIRST_SWEEP));
        }
        sheets.insert(key, Rc::downgrade(&sheet));
        Ok(sheet)
    }
}
