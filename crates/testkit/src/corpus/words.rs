//! Randomness that is the same everywhere, and text made with it.

use super::PHRASE;
use std::fmt::Write as _;

/// SplitMix64: small, seeded, the same on every machine.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// A number of the range, both ends in.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// Whether an event of so many in a thousand happens.
    pub fn permille(&mut self, of_thousand: u64) -> bool {
        self.below(1000) < of_thousand
    }

    /// A rank below `n` by Zipf's law: the first is met most.
    pub fn zipf(&mut self, n: usize) -> usize {
        // The inverse of the harmonic distribution: n^u − 1.
        let u = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((n as f64).powf(u) as usize).saturating_sub(1).min(n - 1)
    }
}

/// Hash of a text, to tell distinct ones (FNV-1a over words of eight bytes, mixed).
pub fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ text.len() as u64;
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    }
    Rng::new(hash).next()
}

/// The vocabulary: frequent English words, then 20,000 made ones.
pub struct Words {
    all: Vec<String>,
}

const FREQUENT: &str = "the to of and a in your is for we can you it on that be this will with are by or not from have \
    after when invoice payment plan account order customer policy please check within days month team support update \
    change request amber harbour lantern seat licence billing address card annual trial export webhook region limit \
    credit statement renewal upgrade contact delivery status reset token session schedule";

const CHINESE: &str = "客户您好我们已经收到请求订单账单发票付款周期合同服务计划升级取消时间工作内处理完成如果需要帮助联系支持团队地址更新确认";
const JAPANESE: &str =
    "お客様のご注文は確認できました請求書と支払い期間について契約プラン変更手続きが必要ですサポートへ連絡してください";

impl Words {
    pub fn new() -> Self {
        const ONSETS: [&str; 16] = ["b", "br", "c", "d", "f", "g", "gl", "k", "l", "m", "n", "p", "r", "st", "t", "v"];
        const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ea", "ou"];
        const CODAS: [&str; 8] = ["", "n", "r", "s", "l", "m", "ck", "nd"];
        let mut all: Vec<String> = FREQUENT.split_whitespace().map(str::to_owned).collect();
        let mut rng = Rng::new(0x7265_7461_6b65);
        for _ in 0..20_000 {
            let mut word = String::new();
            for _ in 0..rng.between(2, 3) {
                for parts in [&ONSETS[..], &VOWELS[..], &CODAS[..]] {
                    word.push_str(parts[rng.below(parts.len() as u64) as usize]);
                }
            }
            all.push(word);
        }
        Self { all }
    }

    /// The word of a rank, the last one for those beyond.
    pub fn at(&self, rank: usize) -> &str {
        &self.all[rank.min(self.all.len() - 1)]
    }

    /// About so many bytes of sentences.
    pub fn prose(&self, rng: &mut Rng, bytes: u64) -> String {
        let mut text = String::with_capacity(bytes as usize + 32);
        let (mut left, mut last) = (0, [""; 2]);
        while (text.len() as u64) < bytes {
            if left == 0 {
                if !text.is_empty() {
                    text.push_str(". ");
                }
                left = rng.between(6, 16);
                let word = self.pick(rng, &mut last);
                let mut letters = word.chars();
                text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                text.push_str(letters.as_str());
            } else {
                text.push(' ');
                if rng.permille(25) {
                    let _ = write!(text, "KB-{}", rng.between(100, 9999));
                    last = [""; 2];
                } else {
                    text.push_str(self.pick(rng, &mut last));
                }
            }
            left -= 1;
        }
        text.push('.');
        text
    }

    /// The next word of a sentence. The counted phrase comes up nowhere by chance.
    fn pick<'w>(&'w self, rng: &mut Rng, last: &mut [&'w str; 2]) -> &'w str {
        let mut word = self.all[rng.zipf(self.all.len())].as_str();
        if PHRASE.split(' ').eq([last[0], last[1], word]) {
            word = self.at(0);
        }
        *last = [last[1], word];
        word
    }

    /// About so many bytes without spaces, Chinese or Japanese.
    pub fn without_spaces(&self, rng: &mut Rng, bytes: u64, japanese: bool) -> String {
        let characters: Vec<char> = if japanese { JAPANESE } else { CHINESE }.chars().collect();
        let mut text = String::with_capacity(bytes as usize + 8);
        let mut left = rng.between(8, 24);
        while (text.len() as u64) < bytes {
            text.push(characters[rng.zipf(characters.len())]);
            left -= 1;
            if left == 0 {
                text.push('。');
                left = rng.between(8, 24);
            }
        }
        text
    }
}
