/**
 * Types and schemas can't drift apart: this file does not compile if they do. A type error here means that a field is in one
 * of them only, or is of another type, or optional in one and not in the other.
 */
import type { Value } from '@tenon/domain';
import type { z } from 'zod';
import type { Barrier, CutRecord, EventEnvelope } from '../event';
import type * as hints from '../hints';
import type { CommitMessage, FlushFrame, SliceFrame } from '../states';
import type * as documents from '../store';
import type * as bus from './bus';
import type * as log from './log';
import type * as store from './store';

/** A type without what does not count: readonly, intersections instead of one object, and the insides of any JSON value. */
type Plain<T> = [Value] extends [T] ? 'any JSON' : PlainOf<T>;
type PlainOf<T> = T extends number
  ? Kindless<T, number>
  : T extends string
    ? Kindless<T, string>
    : T extends object
      ? { -readonly [K in keyof T as K extends string ? Kindless<K, string> : K]: Plain<T[K]> }
      : T;

/** Numbers and texts of a kind (an offset, a lane) are numbers and texts in JSON; literals stay what they are. */
type Kindless<T, Base> = Base extends T ? Base : T;

type Equal<A, B> =
  (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false;

/** Without the index signature of a loose object. */
type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

type Agree<Checks extends readonly true[]> = Checks;

export type Agreed = Agree<
  [
    Equal<Known<z.infer<typeof log.event>>, EventEnvelope>,
    Equal<z.infer<typeof log.barrier>, Barrier>,
    Equal<z.infer<typeof log.cut>, CutRecord>,
    Equal<z.infer<typeof log.flush>, FlushFrame>,
    Equal<z.infer<typeof log.slice>, SliceFrame>,
    Equal<z.infer<typeof log.commit>, CommitMessage>,
    Equal<z.infer<typeof bus.liveHint>, hints.LiveHint>,
    Equal<z.infer<typeof bus.generationHint>, hints.GenerationHint>,
    Equal<z.infer<typeof bus.replayHint>, hints.ReplayHint>,
    Equal<z.infer<typeof bus.replayHintOfEdition2>, hints.ReplayHintOfEdition2>,
    Equal<z.infer<typeof bus.generationsRequest>, hints.GenerationsRequest>,
    Equal<z.infer<typeof bus.generationsReply>, hints.GenerationsReply>,
    Equal<z.infer<typeof bus.generationsReplyOfEdition2>, hints.GenerationsReplyOfEdition2>,
    Equal<z.infer<typeof bus.generationsReplyBefore>, hints.GenerationsReplyBefore>,
    Equal<z.infer<typeof bus.versionsRequest>, hints.VersionsRequest>,
    Equal<z.infer<typeof bus.versionsReply>, hints.VersionsReply>,
    Equal<z.infer<typeof store.pointer>, documents.PointerDocument>,
    Equal<z.infer<typeof store.pointerBefore>, documents.PointerDocumentBefore>,
    Equal<z.infer<typeof store.kept>, documents.KeptDocument>,
    Equal<z.infer<typeof store.losses>, documents.LossesDocument>,
    Equal<z.infer<typeof store.served>, documents.ServedDocument>,
    Equal<z.infer<typeof store.rangeAccount>, documents.RangeAccountDocument>,
    Equal<z.infer<typeof store.progress>, documents.ProgressDocument>,
    Equal<z.infer<typeof store.stretches>, documents.StretchesDocument>,
    Equal<z.infer<typeof store.troubles>, documents.TroublesDocument>,
    Equal<z.infer<typeof store.speedCell>, documents.SpeedDocument>,
    Equal<z.infer<typeof store.baseCell>, documents.BaseDocument>,
    Equal<z.infer<typeof store.lease>, documents.LeaseDocument>,
  ]
>;
