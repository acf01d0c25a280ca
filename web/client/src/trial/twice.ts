import { ParleyError } from "../errors";

/** What a second attempt may mend: the network has lost a few packets too many. */
const CHANCE = new Set(["no_path", "no_media"]);

/** Makes an attempt, and one more when the first has failed by what may be chance; that one's failure says so. */
export async function twice<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (first) {
    if (!(first instanceof ParleyError) || !CHANCE.has(first.code)) throw first;
    try {
      return await attempt();
    } catch (second) {
      if (!(second instanceof ParleyError) || !CHANCE.has(second.code)) throw second;
      throw new ParleyError(second.code, first.code === second.code ? `${second.message} It was tried twice.` : `${first.message} At the second try: ${second.message}`);
    }
  }
}
