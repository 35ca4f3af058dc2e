//! Cosine similarity of sentence embeddings (SBERT: Reimers & Gurevych, EMNLP 2019), as sentence-transformers computes it for BERT models that
//! pool by the mean, all-MiniLM-L6-v2 among them. Only with the cargo feature `sbert`.
//!
//! The model is a folder that the user names: `config.json`, `tokenizer.json`, `model.safetensors`, and where they exist
//! `sentence_bert_config.json` (longest text, in tokens) and `1_Pooling/config.json` (checked). Nothing is fetched. Padding does not count, the
//! mean of the tokens' vectors is brought to length 1, and an empty text has the embedding of its two marks.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use serde::de::DeserializeOwned;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use tokenizers::{Tokenizer, TruncationParams};

/// Tokens of one batch, padding included: about 100 MB of attention at the length of all-MiniLM.
const BATCH_TOKENS: usize = 4096;
/// Embeddings that are remembered; beyond it those of earlier models are forgotten.
const REMEMBERED: usize = 200_000;

/// Why a folder is no model, or a text has no embedding.
#[derive(Debug, thiserror::Error)]
pub enum SbertError {
    #[error("{}: {why}", path.display())]
    Model { path: PathBuf, why: String },
    #[error("the texts cannot be embedded: {0}")]
    Embedding(String),
    #[error("cancelled")]
    Cancelled,
}

/// A sentence encoder; keep one for many texts, because it remembers them.
pub struct Encoder {
    model: BertModel,
    tokenizer: Tokenizer,
    known: HashMap<String, Vec<f32>>,
}

/// Of `sentence_bert_config.json`.
#[derive(serde::Deserialize)]
struct Lengths {
    max_seq_length: Option<usize>,
}

/// Of `1_Pooling/config.json`.
#[derive(serde::Deserialize)]
struct Pooling {
    pooling_mode_mean_tokens: bool,
    word_embedding_dimension: usize,
}

impl Encoder {
    /// Reads the folder. Errors name the file and what is wrong with it.
    pub fn open(folder: &Path) -> Result<Self, SbertError> {
        let file = |name: &str| folder.join(name);
        let config: Config = json(&file("config.json"))?;
        sane(&config).map_err(wrong(&file("config.json")))?;
        let lengths: Option<Lengths> = if_there(&file("sentence_bert_config.json"))?;
        let pooling: Option<Pooling> = if_there(&file("1_Pooling/config.json"))?;
        if pooling.is_some_and(|p| !p.pooling_mode_mean_tokens || p.word_embedding_dimension != config.hidden_size) {
            return Err(wrong(&file("1_Pooling/config.json"))("only the mean of all token vectors of the model is known here".to_owned()));
        }
        let longest = lengths.and_then(|l| l.max_seq_length).unwrap_or(usize::MAX).clamp(2, config.max_position_embeddings);
        let tokenizer = tokenizer(&file("tokenizer.json"), &config, longest)?;
        let weights = file("model.safetensors");
        let model = read(&weights).and_then(|bytes| {
            let of = |e: candle_core::Error| wrong(&weights)(plain(&e));
            let tensors = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).map_err(of)?;
            BertModel::load(tensors, &config).map_err(of)
        })?;
        Ok(Self { model, tokenizer, known: HashMap::new() })
    }

    /// Cosine of each pair of texts, −1…1. `go_on` is told how many texts of how many are embedded, and says whether to go on.
    pub fn cosines(&mut self, pairs: &[(String, String)], go_on: &dyn Fn(usize, usize) -> bool) -> Result<Vec<f64>, SbertError> {
        if self.known.len() > REMEMBERED {
            self.known.clear();
        }
        let new = |text: &&str| !self.known.contains_key(*text);
        let texts: BTreeSet<&str> = pairs.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()]).filter(new).collect();
        let embedded = self.embed(&texts.into_iter().collect::<Vec<_>>(), go_on)?;
        self.known.extend(embedded);
        let of = |text: &String| self.known.get(text).map_or(&[][..], Vec::as_slice);
        Ok(pairs.iter().map(|(a, b)| dot(of(a), of(b))).collect())
    }

    /// Embeddings of texts, the shortest first, texts of like length together.
    fn embed(&self, texts: &[&str], go_on: &dyn Fn(usize, usize) -> bool) -> Result<Vec<(String, Vec<f32>)>, SbertError> {
        let failed = |e: tokenizers::Error| SbertError::Embedding(e.to_string());
        let encoded = self.tokenizer.encode_batch(texts.to_vec(), true).map_err(failed)?;
        let mut order: Vec<(usize, &[u32])> = encoded.iter().map(tokenizers::Encoding::get_ids).enumerate().collect();
        order.sort_by_key(|(_, ids)| ids.len());
        let mut out = Vec::with_capacity(texts.len());
        while out.len() < order.len() {
            if !go_on(out.len(), order.len()) {
                return Err(SbertError::Cancelled);
            }
            let batch = batch(&order[out.len()..]);
            let vectors = self.forward(batch).map_err(|e| SbertError::Embedding(plain(&e)))?;
            out.extend(batch.iter().zip(vectors).map(|((n, _), vector)| (texts[*n].to_owned(), vector)));
        }
        Ok(out)
    }

    fn forward(&self, batch: &[(usize, &[u32])]) -> candle_core::Result<Vec<Vec<f32>>> {
        let (rows, wide) = (batch.len(), batch.iter().map(|(_, ids)| ids.len()).max().unwrap_or(0));
        let padded = |ids: &[u32], of: fn(u32) -> u32| -> Vec<u32> {
            ids.iter().map(|id| of(*id)).chain(std::iter::repeat_n(0, wide - ids.len())).collect()
        };
        let all = |of: fn(u32) -> u32| batch.iter().flat_map(|(_, ids)| padded(ids, of)).collect::<Vec<u32>>();
        let tensor = |values: Vec<u32>| Tensor::from_vec(values, (rows, wide), &Device::Cpu);
        let (ids, mask) = (tensor(all(|id| id))?, tensor(all(|_| 1))?);
        let tokens = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let mean = tokens.broadcast_mul(&mask)?.sum(1)?.broadcast_div(&mask.sum(1)?)?;
        let length = mean.sqr()?.sum_keepdim(1)?.sqrt()?.maximum(1e-12)?;
        mean.broadcast_div(&length)?.to_vec2()
    }
}

/// As many texts as fit when all are padded to the longest; one at least.
fn batch<'b, 'a>(sorted: &'b [(usize, &'a [u32])]) -> &'b [(usize, &'a [u32])] {
    let fits = |n: &usize| sorted[n - 1].1.len() * n <= BATCH_TOKENS;
    let most = (1..=sorted.len()).take_while(fits).last().unwrap_or(1);
    &sorted[..most]
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn wrong(path: &Path) -> impl Fn(String) -> SbertError {
    let path = path.to_path_buf();
    move |why| SbertError::Model { path: path.clone(), why }
}

/// One line: candle adds backtraces to some of its errors.
fn plain(e: &candle_core::Error) -> String {
    e.to_string().lines().next().unwrap_or("unknown").to_owned()
}

fn read(path: &Path) -> Result<Vec<u8>, SbertError> {
    std::fs::read(path).map_err(|e| wrong(path)(e.to_string()))
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, SbertError> {
    serde_json::from_slice(&read(path)?).map_err(|e| wrong(path)(format!("it is not what is expected of a BERT model: {e}")))
}

fn if_there<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, SbertError> {
    if path.exists() { json(path).map(Some) } else { Ok(None) }
}

/// Sizes that a model can have; a division by zero is no error message.
fn sane(config: &Config) -> Result<(), String> {
    let sizes = [config.vocab_size, config.hidden_size, config.num_attention_heads, config.intermediate_size, config.type_vocab_size];
    if sizes.contains(&0) || config.max_position_embeddings < 2 || config.num_hidden_layers > 1000 {
        return Err("it names a size that no model can have".to_owned());
    }
    let even = config.hidden_size.is_multiple_of(config.num_attention_heads);
    even.then_some(()).ok_or_else(|| "hidden_size is no multiple of num_attention_heads".to_owned())
}

/// Cuts texts at `longest` tokens and does not pad: batches do.
fn tokenizer(path: &Path, config: &Config, longest: usize) -> Result<Tokenizer, SbertError> {
    let failed = |e: tokenizers::Error| wrong(path)(e.to_string());
    let mut tokenizer = Tokenizer::from_bytes(read(path)?).map_err(failed)?;
    if tokenizer.get_vocab_size(true) > config.vocab_size {
        return Err(wrong(path)("it has more tokens than the model of this folder".to_owned()));
    }
    tokenizer.with_padding(None);
    let cut = TruncationParams { max_length: longest, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(cut)).map_err(failed)?;
    Ok(tokenizer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `None` with a printed line where no model is at hand.
    fn folder() -> Option<PathBuf> {
        let folder = std::env::var_os("VOXAUDIT_SBERT_MODEL").map(PathBuf::from);
        if folder.is_none() {
            println!("skipped: VOXAUDIT_SBERT_MODEL does not name a folder with all-MiniLM-L6-v2");
        }
        folder
    }

    fn cosines(pairs: &[(&str, &str)]) -> Option<Vec<f64>> {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Some(Encoder::open(&folder()?).unwrap().cosines(&pairs, &|_, _| true).unwrap())
    }

    /// A forward pass of all-MiniLM-L6-v2 in NumPy at 64 bits, written for this test; candle computes at 32 bits.
    #[test]
    fn cosines_equal_those_of_another_forward_pass() {
        let long = "The liver is enlarged. ".repeat(80);
        let expected = [
            ("The left kidney is above the right kidney.", "The right kidney is below the left kidney.", 0.976540603),
            ("On the left side of the thorax.", "On the right side of the thorax.", 0.993273775),
            ("A 12 mm nodule in the right upper lobe.", "There is no nodule.", 0.516565993),
            ("spleen", "Spleen", 1.0),
            ("Yes.", "No.", 0.730304468),
            ("Left lower lobe.", "", 0.170822501),
            (
                "Die Läsion liegt im rechten Leberlappen, Segment VII–VIII.",
                "The lesion lies in the right lobe of the liver, segments VII–VIII.",
                0.277246942,
            ),
            ("The liver is enlarged.", long.as_str(), 0.144674899),
        ];
        let Some(found) = cosines(&expected.map(|(a, b, _)| (a, b))) else { return };
        for ((a, b, cosine), found) in expected.iter().zip(found) {
            assert!((found - cosine).abs() < 2e-6, "{a} | {b}: {found}, expected {cosine}");
        }
    }

    /// Those that the documentation of sentence-transformers prints for this model, to four digits.
    #[test]
    fn cosines_equal_those_of_the_documentation() {
        let texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
        let Some(found) = cosines(&[(texts[0], texts[1]), (texts[0], texts[2]), (texts[1], texts[2])]) else { return };
        for (found, expected) in found.iter().zip([0.6660, 0.1046, 0.1411]) {
            assert!((found - expected).abs() < 1e-4, "{found}, expected {expected}");
        }
    }

    #[test]
    fn a_batch_and_a_text_alone_give_the_same_and_odd_texts_give_something() {
        let odd = ["a\0b", "\u{fffd}\u{200b}", "###</s>", "🫁", " \n", "x"];
        let pairs: Vec<(&str, &str)> = odd.iter().map(|text| (*text, "The spleen lies on the left.")).collect();
        let Some(together) = cosines(&pairs) else { return };
        for (pair, found) in pairs.iter().zip(together) {
            let alone = cosines(&[*pair]).unwrap_or_default();
            assert!(found.is_finite() && (alone[0] - found).abs() < 1e-5, "{pair:?}: {found}, alone {alone:?}");
        }
    }

    #[test]
    fn batches_are_small_enough_and_never_empty() {
        let long = vec![1u32; 5000];
        let sorted: Vec<(usize, &[u32])> = (0..100).map(|n| (n, &long[..100])).chain([(100, &long[..])]).collect();
        assert_eq!((batch(&sorted).len(), batch(&sorted[100..]).len()), (40, 1));
    }

    /// One line that names the file.
    fn refused(folder: &Path, named: &str) {
        let why = Encoder::open(folder).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(why.contains(named) && why.lines().count() == 1, "{named}: {why}");
    }

    const CONFIG: &str = r#"{"vocab_size": 40, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
        "hidden_act": "gelu", "hidden_dropout_prob": 0.0, "max_position_embeddings": 16, "type_vocab_size": 2, "initializer_range": 0.02,
        "layer_norm_eps": 1e-12, "pad_token_id": 0, "model_type": "bert"}"#;
    const TOKENIZER: &str = r#"{"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1, "b": 2}, "unk_token": "[UNK]"}}"#;

    #[test]
    fn folders_that_are_no_model_are_refused_in_one_line_that_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
        refused(&dir.path().join("nowhere"), "config.json");
        write("config.json", b"\xff\xfe{");
        refused(dir.path(), "config.json");
        write("config.json", CONFIG.replace("\"num_attention_heads\": 2", "\"num_attention_heads\": 0").as_bytes());
        refused(dir.path(), "no model can have");
        write("config.json", CONFIG.as_bytes());
        refused(dir.path(), "tokenizer.json");
        write("tokenizer.json", b"{\"version\": \"1.0\", \xc3(}");
        refused(dir.path(), "tokenizer.json");
        write("tokenizer.json", TOKENIZER.as_bytes());
        refused(dir.path(), "model.safetensors");
        for bytes in [&b""[..], b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", b"\x02\0\0\0\0\0\0\0{}", b"\x10\0\0\0\0\0\0\0{\"x\":"] {
            write("model.safetensors", bytes);
            refused(dir.path(), "model.safetensors");
        }
        let header = r#"{"embeddings.word_embeddings.weight":{"dtype":"F32","shape":[40,7],"data_offsets":[0,1120]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + 1120, 0);
        write("model.safetensors", &bytes);
        refused(dir.path(), "shape");
        write("model.safetensors", &bytes[..500]);
        refused(dir.path(), "model.safetensors");
        std::fs::create_dir(dir.path().join("1_Pooling")).unwrap();
        write("1_Pooling/config.json", br#"{"pooling_mode_mean_tokens": false, "word_embedding_dimension": 8}"#);
        refused(dir.path(), "mean of all token vectors");
    }
}
