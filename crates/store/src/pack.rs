//! Packs what repeats texts of the workspace: records as they came, and what spans say besides their columns. Counts the
//! uses of the texts.

use crate::append::WriteCache;
use crate::blob::{self, Kind};
use crate::error::Result;
use crate::prepare::Repeats;
use crate::recipe::{self, Recipe};
use crate::table::text::{self, SHORT_BYTES};
use foldhash::{HashMap, HashSet};
use rusqlite::Connection;
use std::borrow::Cow;

/// Packs bytes whose repeated texts are known.
pub(crate) fn prepared(
    tx: &Connection,
    cache: &mut WriteCache,
    kind: Kind,
    bytes: &[u8],
    repeats: Repeats,
) -> Result<Vec<u8>> {
    let mut ids = Vec::with_capacity(repeats.texts.len());
    for text in repeats.texts {
        ids.push(cache.texts.id_of_prepared(tx, &mut cache.packer, text)?);
    }
    pack_recipe(tx, cache, kind, recipe::make(bytes, &repeats.places, &ids))
}

fn pack_recipe(tx: &Connection, cache: &mut WriteCache, kind: Kind, made: Recipe) -> Result<Vec<u8>> {
    for text_id in made.uses {
        cache.texts.add_use(text_id, 1);
    }
    cache.packer.pack(tx, kind, &made.bytes)
}

/// Packs bytes that repeat some of `texts`; counts the uses.
pub(crate) fn pack(
    tx: &Connection,
    cache: &mut WriteCache,
    kind: Kind,
    bytes: &[u8],
    texts: &[&str],
) -> Result<Vec<u8>> {
    let mut seen = HashSet::default();
    let texts: Vec<&str> =
        texts.iter().copied().filter(|text| text.len() >= SHORT_BYTES && seen.insert(*text)).collect();
    let places = recipe::places(bytes, &texts);
    // Texts that do not stand in the bytes must not become rows for them.
    let mut ids = vec![0; texts.len()];
    for place in &places {
        if let (Some(id), Some(text)) = (ids.get_mut(place.text), texts.get(place.text))
            && *id == 0
        {
            *id = cache.texts.id(tx, &mut cache.packer, text)?;
        }
    }
    let mut made = recipe::make(bytes, &places, &ids);
    let by_id: HashMap<i64, &str> = ids.iter().copied().zip(texts).collect();
    let back = recipe::rebuild(&made.bytes, &mut |id| Ok(by_id.get(&id).copied().unwrap_or_default().into()))?;
    if back != bytes {
        made = recipe::make(bytes, &[], &[]);
    }
    pack_recipe(tx, cache, kind, made)
}

/// Unpacks what [`pack`] made.
pub(crate) fn unpack(connection: &Connection, blob: &[u8]) -> Result<Vec<u8>> {
    let bytes = blob::unpack(connection, blob)?;
    recipe::rebuild(&bytes, &mut |text_id| {
        text::read(connection, text_id)?.map(Cow::Owned).ok_or_else(|| crate::StoreError::Damaged {
            path: Default::default(),
            why: format!("text {text_id} of a record is missing"),
        })
    })
}

/// Takes back the uses of a packed blob.
pub(crate) fn drop_blob(tx: &Connection, cache: &mut WriteCache, blob: &[u8]) -> Result<()> {
    let bytes = blob::unpack(tx, blob)?;
    for text_id in recipe::uses(&bytes)? {
        cache.texts.add_use(text_id, -1);
    }
    Ok(())
}
