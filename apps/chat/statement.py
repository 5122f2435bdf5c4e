"""The journal's one statement: any number of items, one round trip, one commit.

Parameters: three JSON arrays made by `items.rows`, and `%(skip)s`, whether a session locked
elsewhere is passed over (verdict `locked`) or waited for.

Why it is safe in READ COMMITTED. Only the locked rows are the newest; `dup` and `busy` read the
statement's snapshot. Every committed item moves its session's version, and an item's version was
learned from a commit, so an item that passes the version check saw everything. A twin of a stored
cmid meets `conflict` first, is run again, and then sees `dup`. Items without a version come by the
synchronous door, which locks the session in a statement of its own before this one.

Locks are taken in the order sessions by id, then turns by id; `tlock` reads `locked` to force it.
`ON CONFLICT DO NOTHING` was rejected: it would leave a gap in seq.
"""

_WITH = """
WITH inp AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%(items)s::json) AS i(
    n int, session uuid, version bigint, state text, mode text, memory jsonb, count int,
    by_visitor bool,
    t_id uuid, t_state text, t_route text, t_rule text, t_flow text, t_covers int,
    t_language text, t_confidence float8,
    t_sources jsonb, t_versions jsonb, t_understood jsonb, t_deadline_s float8, t_open bool,
    f_id uuid, f_attempt int, f_state text, f_route text, f_confidence float8)
), lin AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%(lines)s::json) AS l(
    n int, k int, session uuid, id uuid, author text, name text, text text, meta jsonb,
    fields jsonb, cmid uuid, turn uuid)
), locked AS MATERIALIZED (
  SELECT s.id, s.version, s.last_seq, s.closed_at FROM chat_session s
  WHERE s.id IN (SELECT session FROM inp) ORDER BY s.id FOR NO KEY UPDATE {skip}
), tlock AS MATERIALIZED (
  SELECT t.id, t.state, t.attempt FROM chat_turn t
  WHERE t.id IN (SELECT f_id FROM inp JOIN locked ON locked.id = inp.session)
  ORDER BY t.id FOR NO KEY UPDATE
), dup AS MATERIALIZED (
  SELECT l.n, json_agg(json_build_object('id', m.id, 'seq', m.seq, 'cmid', m.cmid,
    'text', m.text, 'fields', m.fields) ORDER BY m.seq) AS known
  FROM lin l CROSS JOIN LATERAL (
    SELECT m.id, m.seq, m.cmid, m.text, m.fields FROM chat_message m
    WHERE m.session_id = l.session AND m.author = l.author AND m.cmid = l.cmid OFFSET 0) m
  WHERE l.cmid IS NOT NULL GROUP BY l.n
), v AS MATERIALIZED (
  SELECT i.*, coalesce(s.version, e.version) AS now_version,
    coalesce(s.last_seq, e.last_seq) AS last_seq, d.known, CASE
    WHEN e.id IS NULL THEN 'missing'
    WHEN i.by_visitor AND coalesce(s.closed_at, e.closed_at) IS NOT NULL THEN 'missing'
    WHEN d.n IS NOT NULL THEN 'dup'
    WHEN s.id IS NULL THEN 'locked'
    WHEN i.f_id IS NOT NULL AND (t.id IS NULL OR t.state <> 'running'
      OR t.attempt <> i.f_attempt) THEN 'stale'
    WHEN i.version <> s.version THEN 'conflict'
    WHEN i.t_open AND EXISTS (SELECT FROM chat_turn o WHERE o.session_id = i.session
      AND o.state IN ('pending', 'running') AND o.id IS DISTINCT FROM i.f_id) THEN 'busy'
    ELSE 'ok' END AS verdict
  FROM inp i
  LEFT JOIN chat_session e ON e.id = i.session
  LEFT JOIN locked s ON s.id = i.session
  LEFT JOIN tlock t ON t.id = i.f_id
  LEFT JOIN dup d ON d.n = i.n
), fin AS (
  UPDATE chat_turn t SET state = v.f_state, finished_at = clock_timestamp(), lease_until = NULL,
    route = v.f_route, confidence = v.f_confidence
  FROM v WHERE v.verdict = 'ok' AND t.id = v.f_id RETURNING t.id
), upd AS (
  UPDATE chat_session s SET version = s.version + 1, last_seq = s.last_seq + v.count,
    state = coalesce(v.state, s.state), mode = coalesce(v.mode, s.mode),
    memory = coalesce(v.memory, s.memory), updated_at = now()
  FROM v WHERE v.verdict = 'ok' AND s.id = v.session RETURNING s.id
), newt AS (
  INSERT INTO chat_turn (id, session_id, state, attempt, from_seq, to_seq, route, rule, flow,
    confidence, language, sources, versions, understood, deadline_at, created_at, finished_at)
  SELECT v.t_id, v.session, v.t_state, 0, v.last_seq + 1, v.last_seq + v.t_covers,
    v.t_route, v.t_rule, v.t_flow, v.t_confidence, v.t_language, v.t_sources, v.t_versions,
    v.t_understood,
    now() + make_interval(secs => v.t_deadline_s), now(),
    CASE WHEN v.t_open THEN NULL ELSE now() END
  FROM v WHERE v.verdict = 'ok' AND v.t_id IS NOT NULL AND (SELECT count(*) FROM fin) >= 0
  RETURNING id, state
), ins AS (
  INSERT INTO chat_message (id, session_id, seq, author, name, text, meta, fields, cmid, turn_id,
    rating_reason, created_at)
  SELECT l.id, l.session, v.last_seq + l.k, l.author, l.name, l.text, l.meta, l.fields, l.cmid,
    l.turn, '', now()
  FROM lin l JOIN v ON v.n = l.n WHERE v.verdict = 'ok' RETURNING 1
), moved AS (
  INSERT INTO chat_transition (session_id, turn, from_state, to_state, cause, command, created_at)
  SELECT v.session, coalesce(v.t_id, v.f_id), m.came_from, m.to, m.cause, m.command, now()
  FROM json_to_recordset(%(steps)s::json)
    AS m(n int, k int, came_from text, "to" text, cause text, command text)
  JOIN v ON v.n = m.n WHERE v.verdict = 'ok' ORDER BY m.n, m.k RETURNING 1
), ntf AS MATERIALIZED (
  SELECT pg_notify('turns', '') FROM (SELECT FROM newt WHERE state = 'pending' LIMIT 1) p
)
SELECT v.n, v.verdict, v.now_version + (v.verdict = 'ok')::int AS version,
  v.last_seq + CASE WHEN v.verdict = 'ok' THEN v.count ELSE 0 END AS last_seq, now() AS at, v.known
FROM v CROSS JOIN (SELECT count(*) AS notices FROM ntf) told
WHERE told.notices >= 0 ORDER BY v.n
"""

GROUPED = _WITH.format(skip="SKIP LOCKED")
ALONE = _WITH.format(skip="")
LOCK = "SELECT version FROM chat_session WHERE id = %s FOR NO KEY UPDATE"
