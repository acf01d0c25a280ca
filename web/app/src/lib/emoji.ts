const NAMED = `
😀 grin smile happy|😂 joy laugh tears|🙂 slight smile|😉 wink|😊 blush|😍 heart eyes love|😎 cool sunglasses|🤔 think hmm
😅 sweat smile|😭 cry sob|😢 sad tear|😮 wow open mouth|😡 angry|😴 sleep|🤯 mind blown|🥳 party|🙄 roll eyes|😬 grimace|🤗 hug
🤝 handshake deal|👍 thumbs up yes like|👎 thumbs down no|👏 clap applause|🙏 thanks please pray|👀 eyes look|💪 strong|👋 wave hello hi
✌️ peace|🤞 fingers crossed luck|👌 ok|☝️ point up|❤️ heart love|🧡 orange heart|💚 green heart|💙 blue heart|💔 broken heart|🔥 fire hot
🎉 tada party celebrate|🎂 cake birthday|🎁 gift|🏆 trophy win|⭐ star|✨ sparkles|⚡ zap fast|💡 idea bulb|🚀 rocket ship launch|📌 pin
📎 clip attach|📅 calendar date|⏰ clock alarm time|📈 chart up|📉 chart down|💰 money|📞 phone call|📧 mail|🔒 lock|🔑 key|🔍 search
🐛 bug|🛠️ tools fix|⚙️ gear settings|💻 laptop computer|📱 mobile|☕ coffee|🍕 pizza|🍺 beer cheers|🌍 earth world|☀️ sun|🌧️ rain|❄️ snow
✅ check done yes|❌ cross no|⚠️ warning|❓ question|❗ exclamation|➕ plus|🔴 red|🟡 yellow|🟢 green|🔵 blue|💯 hundred perfect|🆗 ok
`;

export interface Emoji {
  char: string;
  name: string;
}

export const EMOJI: readonly Emoji[] = NAMED.trim()
  .split(/[|\n]/)
  .map((each) => ({ char: each.slice(0, each.indexOf(" ")), name: each.slice(each.indexOf(" ") + 1) }));

export const findEmoji = (query: string): readonly Emoji[] => {
  const wanted = query.trim().toLowerCase();
  return wanted ? EMOJI.filter(({ name }) => name.includes(wanted)) : EMOJI;
};
