//! Laws of the codecs over `fixtures/wire`, over generated bodies, and over real recordings where they are at hand.

mod conversion;
mod real;
mod round_trip;
mod streams;
