//! Questions over several tables.

pub(crate) mod export;
pub(crate) mod ids;
mod kept;
pub(crate) mod raw;
pub(crate) mod read;
pub(crate) mod size;
mod subjects;
