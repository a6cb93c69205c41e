//! `refuses`: the answer declines or says that it does not know. Its negation is *answers*.
//!
//! A lexical rule, and no more: a sentence counts when it holds, in one of the languages below, a first-person inability
//! or refusal (`I can't help with that`), or says that the sources do not tell (`the documents do not mention it`). The
//! answer refuses when such a sentence is among its first two, or makes up at least half of it, or when a filter
//! withheld the answer. What was found is quoted. "You cannot return it after 45 days" is a rule, not a refusal: the
//! subject must be the speaker. Irony, indirect refusals and languages that are not listed are not seen.

use super::locate::{Range, sentences, shorten};
use super::{AssertionType, Cache, Expectation, Observation, Subject, read};
use ::regex::Regex;
use retake_model::{FinishReason, JsonMap};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::LazyLock;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "refuses",
    about: "The answer declines or says that it does not know; `not` wants an answer. A lexical rule in 21 languages.",
    example: "refuses",
    main_field: "value",
    from_value: |value| {
        if value.is_empty() { Ok(JsonMap::new()) } else { Err(format!("takes no value, got {value:?}")) }
    },
    prepare: |fields, _: &mut Cache| {
        read::<Fields>(fields)?;
        Ok(Box::new(Refuses))
    },
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// `refuses` has no fields.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RefusesFields")]
struct Fields {}

struct Refuses;

/// One alternation a language. Sentences are lower case, with plain apostrophes.
const PHRASES: &[&str] = &[
    // English
    r"\b(?:i|we)(?:'m|'re| am| are)? (?:just |simply |currently |unfortunately |really |also |still )*(?:can ?not|can't|could not|couldn't|not able to|unable to|not allowed to|not permitted to|not authori[sz]ed to|won't|will not|not going to|not in a position to)(?: be able to)? (?:directly |really |simply |currently |further |legally )?(?:help|assist|answer|provide|do |share|give|discuss|comply|fulfil|tell|say|find|access|process|complete|support|offer|advise|create|generate|write|disclose|reveal|show|perform|make|confirm|determine|verify|engage|continue|respond|speculate|see|look up|issue|grant|carry out)",
    r"\b(?:i|we) (?:do not|don't|did not|didn't) (?:currently |actually )?(?:know\b|have (?:access|enough|sufficient|any|the|that|this|information|details|permission)|find any)",
    r"\b(?:i|we) (?:must|have to|need to) (?:decline|refuse)|\bi (?:decline|refuse) to\b|\bas an ai\b|\bagainst my (?:guidelines|policy|policies|programming)|\bnot something (?:i|we) can\b|^(?:sorry[,.]? )?(?:unable|not able) to (?:help|assist|answer|provide|comply)",
    r"\b(?:is|are|was) not (?:mentioned|stated|specified|covered|contained|included|provided|described|addressed) (?:in|by) (?:the|any|these|those|your) (?:\w+ )?(?:context|documents?|sources?|text|passages?|information|excerpts?|material)|\b(?:context|documents?|sources?|passages?|excerpts?) (?:provided |given |above )?(?:does not|do not|doesn't|don't) (?:contain|mention|say|state|include|provide|specify|tell|cover|answer)|\bno information (?:is |was )?(?:available|provided|about|on|regarding)\b|\bcannot be (?:answered|determined) (?:from|based)",
    // German
    r"\b(?:(?:ich|wir) (?:kann|können|darf|dürfen|werde|werden)|(?:kann|können|darf|dürfen) (?:ich|wir))\b[^.!?]{0,80}\b(?:nicht|keine?[nrs]?)\b|\b(?:ich bin|wir sind|bin ich|sind wir)\b[^.!?]{0,40}\bnicht (?:in der lage|befugt|berechtigt)|\bich weiß (?:es |das |leider )*nicht|\b(?:mir|uns) liegen\b[^.!?]{0,30}\bkeine|\b(?:ich habe|wir haben|habe ich|haben wir)\b[^.!?]{0,30}\bkeine?n? (?:information|angabe|zugriff|zugang|daten)|\b(?:dokumente|quellen|unterlagen|texte?)\b[^.!?]{0,30}\b(?:enthalten|nennen|sagen)\b[^.!?]{0,30}\b(?:nicht|keine|nichts)\b",
    // French
    r"\bje ne (?:peux|puis|suis) (?:malheureusement |actuellement )*pas\b|\bje ne sais pas|\bnous ne (?:pouvons|sommes) pas|\bje n'ai (?:pas|aucune?)\b[^.!?]{0,20}(?:accès|information|donnée|élément)|\bje (?:dois|préfère) (?:décliner|refuser)|\bles documents\b[^.!?]{0,20}\bne (?:mentionnent|contiennent|précisent|disent)",
    // Spanish
    r"\bno (?:puedo|podemos)\b|\bno me es posible|\bno estoy (?:autorizad|en condiciones)|\bno soy capaz|\bno (?:tengo|tenemos|dispongo)\b[^.!?]{0,20}(?:acceso|información|datos|permiso)|\bno (?:lo )?sé\b|\blos documentos\b[^.!?]{0,20}\bno (?:mencionan|contienen|dicen|indican)",
    // Portuguese
    r"\bnão (?:posso|podemos|consigo|conseguimos)\b|\bnão estou autorizad|\bnão (?:tenho|temos)\b[^.!?]{0,20}(?:acesso|informaç|dados|permissão)|\b(?:eu )?não sei\b",
    // Italian
    r"\bnon (?:posso|possiamo|riesco)\b|\bnon sono (?:in grado|autorizzat)|\bnon (?:ho|abbiamo)\b[^.!?]{0,20}(?:accesso|informazioni|dati|abbastanza)|\bnon lo so\b",
    // Dutch
    r"\b(?:(?:ik|wij|we) (?:kan|kunnen|mag|mogen)|(?:kan|kunnen|mag|mogen) (?:ik|wij|we))\b[^.!?]{0,60}\b(?:niet|geen)\b|\bik weet (?:het |dat )?niet|\b(?:ik heb|wij hebben|we hebben) (?:helaas )?geen (?:informatie|toegang|gegevens)",
    // Polish
    r"\bnie (?:mogę|możemy|potrafię)\b|\bnie jestem w stanie|\bnie mam (?:dostępu|informacji|danych)|\bnie wiem\b",
    // Swedish, Danish, Norwegian
    r"\b(?:jag|vi) kan (?:tyvärr )?inte\b|\b(?:jag|vi) har (?:tyvärr )?(?:inte|ingen) (?:tillgång|information)|\bjag vet (?:tyvärr )?inte|\b(?:jeg|vi) kan (?:desværre |dessverre )?ikke\b|\b(?:jeg|vi) har (?:desværre |dessverre )?(?:ikke|ingen) (?:adgang|tilgang|oplysninger|informasjon)|\bjeg (?:ved|vet) (?:det )?ikke",
    // Turkish
    r"yardımcı olam(?:am|ıyorum|ayız)|(?:yanıtlay|cevaplay|paylaş|sağlay|ver|söyley|yap)[ae]m(?:am|em|ıyorum|iyorum|ayız|eyiz)|\bbilmiyorum",
    // Russian, Ukrainian
    r"\b(?:я|мы)\b[^.!?]{0,20}\bне (?:могу|можем|в состоянии|имею|знаю|вправе)|\bне могу (?:помочь|ответить|предоставить|сказать|сообщить|выполнить)|\bу (?:меня|нас) нет\b[^.!?]{0,30}(?:информации|доступа|данных|сведений)|\b(?:я|ми)\b[^.!?]{0,20}\bне (?:можу|можемо|знаю)",
    // Arabic
    r"لا أستطيع|لا يمكنني|لا نستطيع|لا يمكننا|لا أعرف|لا أعلم|ليس لد(?:ي|ينا) (?:معلومات|صلاحية|إمكانية)|لا أملك (?:معلومات|صلاحية)|لست قادر",
    // Hindi
    r"मैं.{0,60}नहीं (?:कर|दे|बता) सक(?:ता|ती)|मेरे पास.{0,40}नहीं|मुझे नहीं पता",
    // Chinese
    r"(?:^|我|我们|我們|抱歉|对不起|對不起|遗憾|遺憾)[，, ]?(?:但|很|暂时|暫時|目前|恐怕|也|并|我|我们|我們|，)*(?:无法|無法|不能|没办法|沒辦法|没法)(?:为您|為您|为你|為你|向您|给您|給您|提供|回答|帮助|幫助|帮|协助|協助|满足|滿足|透露|告诉|告訴|完成|处理|處理|确认|確認|访问|訪問|讨论|討論|执行|執行)|我(?:也)?不(?:知道|清楚|確定|确定)|(?:我|我们|我們)?(?:没有|沒有)(?:相关|相關|足够|足夠|这方面的|這方面的|任何)?的?(?:信息|資訊|资料|資料|权限|權限)|文(?:档|件)(?:中)?(?:没有|沒有|未)(?:提到|提及|说明|說明)",
    // Japanese
    r"(?:お?答え|回答|お?手伝い|対応|ご?案内|ご?提供|お?伝え|お?応え|開示|お?教え)[^。]{0,8}(?:できません|できない|できかねます|いたしかねます|致しかねます|しかねます)|(?:わかりません|分かりません|存じません)|申し訳(?:ありません|ございません|ない)[^。]{0,40}(?:できません|かねます)|情報(?:は|が)(?:ありません|ございません|見つかりません)|(?:記載|言及)(?:は|が|されて)?(?:ありません|ございません|いません)",
    // Korean
    r"(?:답변|제공|도와|도움|말씀|안내|처리|공개|확인)[^.!?]{0,14}(?:수 없습니다|수 없어요|어렵습니다|불가능합니다|못합니다)|모르겠습니다|알 수 없습니다|정보가 (?:없습니다|없어요)|죄송하지만[^.!?]{0,40}(?:없습니다|어렵습니다)",
    // Thai
    r"ไม่สามารถ(?:ช่วย|ตอบ|ให้|บอก|เปิดเผย|ดำเนินการ)|(?:ฉัน|ผม|ดิฉัน|เรา)ไม่(?:ทราบ|รู้)|(?:ฉัน|ผม|ดิฉัน|เรา)?ไม่มีข้อมูล",
    // Vietnamese, Indonesian
    r"\b(?:tôi|chúng tôi) không (?:thể|biết|có (?:thông tin|quyền))|xin lỗi[^.!?]{0,40}không thể|\b(?:saya|kami) tidak (?:dapat|bisa|memiliki|tahu|punya)|\bmaaf[^.!?]{0,30}tidak (?:dapat|bisa)",
];

static REFUSAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&PHRASES.iter().map(|phrase| format!("(?:{phrase})")).collect::<Vec<_>>().join("|"))
        .expect("constant patterns")
});

impl Expectation for Refuses {
    fn expected(&self, not: bool) -> String {
        if not { "the answer does not refuse".to_owned() } else { "the answer refuses".to_owned() }
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        if subject.take.finish_reason == Some(FinishReason::ContentFilter) {
            return Observation::new(true, "a filter withheld the answer", Vec::new());
        }
        let Some(answer) = subject.take.output_text.as_deref() else {
            return Observation::unknown("the answer's text");
        };
        let sentences = sentences(answer);
        let refusing: Vec<(usize, &str)> =
            sentences.iter().enumerate().filter(|(_, text)| refuses(text)).map(|(i, text)| (i, *text)).collect();
        let held = refusing.first().is_some_and(|(first, _)| *first < 2 || refusing.len() * 2 >= sentences.len());
        let evidence = refusing.iter().filter_map(|(_, text)| range_of(answer, text)).collect();
        let found = match (refusing.first(), sentences.first()) {
            (_, None) => "the answer is empty".to_owned(),
            (Some((_, text)), _) if held => format!("the answer says \"{}\"", shorten(text, 160)),
            (_, Some(first)) => format!("no refusal was found; the answer begins \"{}\"", shorten(first, 160)),
        };
        Observation::new(held, found, evidence)
    }
}

fn refuses(sentence: &str) -> bool {
    REFUSAL.is_match(&sentence.to_lowercase().replace(['\u{2019}', '\u{2018}', '`'], "'"))
}

/// `part` is a slice of `text`.
fn range_of(text: &str, part: &str) -> Option<Range> {
    let start = text.find(part)?;
    Some(Range::of_bytes(text, start, start + part.len()))
}
