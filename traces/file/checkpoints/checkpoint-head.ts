/** The head row of a checkpoint: what a state says besides its tables, and which tables belong to it. */
import { type Block, compressBlockSync, expandBlock } from '../../codec/compress.js';
import { seal, unseal } from '../../codec/envelope.js';
import { damaged } from '../../codec/varints.js';
import type { MachineHead } from '../../page-rows.js';
import { MOST_STACKED, SHARD_NAME, type ShardPart } from './shard-tables.js';

/** Before format 5 it was 1, and the names were not compressed. */
const VERSION = 2;
/** Of names, so that a hostile head costs a bounded amount of memory. Some 64 thousand shards. */
const MOST_NAME_BYTES = 2 ** 23;

/** A shard, and the checkpoints that stored it: one, or those that hold the tables on top of each other. */
export interface StoredShard {
  readonly name: string;
  readonly part: ShardPart;
  readonly number: number;
  readonly seqs: readonly number[];
}

export interface CheckpointHead {
  readonly head: MachineHead;
  readonly shards: StoredShard[];
}

/** @param names `name@seq` of every shard, or `name@seq+seq...` where tables lie on top of each other, blanks between */
export function sealHead({ seq, timeNs, harvests, harvesting, reads }: MachineHead, names: string): Uint8Array {
  // Of a million pages they are 16 KB, and much the same from shard to shard.
  const { codec, rawBytes, data } = compressBlockSync(new TextEncoder().encode(names));
  return seal([VERSION, seq, timeNs, harvests, harvesting ? 1 : 0, reads, codec, rawBytes, data]);
}

/** @param at the event that it belongs to @throws TrailFormatError */
export function readHead(body: Uint8Array, at: number): CheckpointHead {
  const items = unseal(body).items(7);
  const [version, seq, timeNs, harvests, harvesting, reads, names, rawBytes, data] = items;
  const isFirst = version!.integer(1, VERSION) === 1;
  if (seq!.integer(0, Number.MAX_SAFE_INTEGER) !== at) damaged('it belongs to another event');
  if (!isFirst && data === undefined) damaged('it names no shards');
  const expanded = (): Uint8Array => {
    const block: Block = {
      codec: names!.integer(0, 255),
      rawBytes: rawBytes!.integer(0, MOST_NAME_BYTES),
      data: data!.bytes(),
    };
    return expandBlock(block);
  };
  return {
    head: {
      seq: at,
      timeNs: timeNs!.integer(0, Number.MAX_SAFE_INTEGER),
      harvests: harvests!.integer(0, Number.MAX_SAFE_INTEGER),
      harvesting: harvesting!.integer(0, 1) === 1,
      reads: reads!.integer(0, 0xffff_ffff),
    },
    shards: readNames(new TextDecoder().decode(isFirst ? names!.bytes() : expanded()), at),
  };
}

/** Whether a shard is of tables on top of each other. */
export function isStacked(part: string | undefined): boolean {
  return part === 'changes' || part === 'state';
}

function readNames(text: string, at: number): StoredShard[] {
  const shards = (text === '' ? [] : text.split(' ')).map((entry): StoredShard => {
    const [name = '', stored = ''] = entry.split('@');
    const seqs = stored.split('+').map(Number);
    const [part, number] = name.split(':');
    const most = isStacked(part) ? MOST_STACKED : 1;
    const ascend = seqs.every((one, i) => Number.isSafeInteger(one) && one <= at && (i === 0 || one > seqs[i - 1]!));
    if (!SHARD_NAME.test(name) || !ascend || seqs.length > most) damaged('it names a shard that cannot be');
    return { name, part: part as ShardPart, number: Number(number), seqs };
  });
  if (new Set(shards.map(({ name }) => name)).size !== shards.length) damaged('it names a shard twice');
  return shards;
}
