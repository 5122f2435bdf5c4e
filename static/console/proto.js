// The shapes that travel over the console's socket. Types only: nothing here runs.

/**
 * @typedef {{id: string, name: string}} Named
 * @typedef {"waiting" | "mine" | "other" | "bot" | "done"} Kind
 * @typedef {Named & {doing: "viewing" | "replying"}} Viewer
 * @typedef {Named & {presence: string, load?: number, capacity?: number}} Person
 * @typedef {{code: string, detail: string, facts?: Object<string, any>}} Refusal
 */

/**
 * One conversation in the queue. Times are ISO 8601.
 * @typedef {{id: string, ticket: string | null, kind: Kind, site: any,
 *   visitor: {name: string, verified: boolean, language: string},
 *   reason: string | null, reason_text: string, priority: number, about: string,
 *   last: {author: string, text: string, at: string, seq: number} | null,
 *   waiting_since: string | null, back_at: string | null, due_at: string | null, due: "first" | "resolution" | null,
 *   operator: Named | null, team: string | null, unread: number,
 *   version: number, mode: string, state: string, viewers: Viewer[]}} Row
 */

/**
 * @typedef {{id: string, name: string, type: string, bytes: number, url: string,
 *   image: boolean}} File
 * @typedef {{seq: number, id: string, author: string, name: string, text: string, at: string,
 *   cmid?: string, meta: Object<string, any>, operator?: string, own?: boolean,
 *   edited_at?: string, turn?: string, attachments?: File[]}} Msg
 * @typedef {{id: string, operator: Named, text: string, at: string, cmid?: string}} Note
 * @typedef {{name: string, label: string, value: string | null, raw: string, source: string | null,
 *   missing: boolean, type: string, example?: string,
 *   options?: {label: string, value: string}[]}} Slot
 * @typedef {{id: string, text: string, sources: any[], to_seq: number}} Suggestion
 * @typedef {{wants?: string, slots?: any[], tried?: any[], why_stopped?: string, evidence?: any[],
 *   next_step?: string, draft?: string, mood?: string}} Packet
 */

/**
 * What is known of a conversation beside its lines.
 * @typedef {{row: Row, packet: Packet | null, slots: Slot[], flow: string | null,
 *   transitions: {from: string, to: string, cause: string, at: string, by: string}[],
 *   visitor: Object<string, any>, past: Object<string, any>[], notes: Note[],
 *   drafts: {reply: {text: string, stamp: number}, note: {text: string, stamp: number}},
 *   suggestion: Suggestion | null, csat: {score: number, comment: string} | null, events: Object<string, any>[]}} Facts
 */

export {};
