"""The journal's one statement: any number of items, one round trip, one commit.

Parameters: three JSON arrays made by `items.rows`; `%(most_open)s`, how many turns of a site may be
open; `%(most_restarts)s` and `%(most_characters)s`, how often further lines start a turn again, and how
long its lines may be together. `GROUPED` passes over a session that is locked elsewhere (verdict `locked`), `ALONE` waits.

Why it is safe in READ COMMITTED. Only the locked rows are the newest; `dup` and `busy` read the
statement's snapshot. Every committed item moves its session's version, and an item's version was
learned from a commit, so an item that passes the version check saw everything. A twin of a stored
cmid meets `conflict` first, is run again, and then sees `dup`. Items without a version come by the
synchronous door, which locks the session in a statement of its own before this one.

Whether a turn is open changes with its session's version only, so `busy`, and which turn a line
joins, are as good as the version. Whether that turn is pending or runs, and whether it has shown
anything, changes without the session (claims and leases lock turns alone): it is read from the
locked row, in `tlock`. So a line either reaches a turn before it is claimed or shows its first word,
and is answered by it, or it becomes the follow-up that the turn's finish, which waits for the same
lock or meets `conflict`, is bound to see. Behind one line that waits all others do, also while the
turn is pending again; a follow-up takes as many as its size allows and leaves the rest to the next.
A line with fields always waits (`apart`). Where a turn meets one among its lines, its finish says how
far it has answered (`f_to`), and the rest becomes a follow-up again.

Locks are taken in the order sessions by id, then turns by id; `tlock` reads `locked` to force it.
Whoever locks several turns without their sessions passes over those that are locked.
`ON CONFLICT DO NOTHING` was rejected: it would leave a gap in seq. The limit of a site's open turns
is read from the snapshot: those that open at the same moment may pass it by their own number.
"""

_WITH = """
WITH inp AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%(items)s::json) AS i(
    n int, session uuid, version bigint, state text, mode text, memory jsonb, count int,
    by_visitor bool, joins bool, exclusive bool, apart bool,
    t_id uuid, t_state text, t_route text, t_rule text, t_flow text, t_covers int,
    t_language text, t_confidence float8,
    t_sources jsonb, t_versions jsonb, t_understood jsonb, t_deadline_s float8, t_open bool,
    f_id uuid, f_attempt int, f_state text, f_route text, f_rule text, f_flow text,
    f_language text, f_confidence float8, f_sources jsonb, f_versions jsonb,
    f_understood jsonb, f_to bigint)
), lin AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%(lines)s::json) AS l(
    n int, k int, session uuid, id uuid, author text, name text, text text, meta jsonb,
    fields jsonb, cmid uuid, turn uuid)
), locked AS MATERIALIZED (
  SELECT s.id, s.version, s.last_seq, s.closed_at FROM chat_session s
  WHERE s.id IN (SELECT session FROM inp) ORDER BY s.id FOR NO KEY UPDATE {skip}
), want AS MATERIALIZED (
  SELECT f_id AS id FROM inp JOIN locked ON locked.id = inp.session
  UNION ALL
  SELECT o.id FROM inp JOIN locked ON locked.id = inp.session
    JOIN chat_turn o ON o.session_id = inp.session AND o.state IN ('pending', 'running')
  WHERE inp.joins
), tlock AS MATERIALIZED (
  SELECT t.id, t.session_id, t.state, t.attempt, t.from_seq, t.to_seq, t.follow_seq,
    greatest(t.to_seq, t.follow_seq) AS last, t.deadline_at - t.created_at AS span,
    t.follow_seq IS NOT NULL
      OR t.state = 'running' AND (t.shown OR t.attempt > %(most_restarts)s) AS closed
  FROM chat_turn t WHERE t.id IN (SELECT id FROM want) ORDER BY t.id FOR NO KEY UPDATE
), size AS MATERIALIZED (
  SELECT i.n, sum(length(said.text)) AS characters
  FROM inp i JOIN tlock t ON t.session_id = i.session CROSS JOIN LATERAL (
    SELECT m.text FROM chat_message m WHERE m.session_id = i.session AND m.author = 'visitor'
      AND m.seq BETWEEN t.from_seq AND t.to_seq
    UNION ALL SELECT l.text FROM lin l WHERE l.n = i.n) said
  WHERE i.joins GROUP BY i.n
), crowd AS MATERIALIZED (
  SELECT s.site_id, count(*) AS open FROM chat_turn t JOIN chat_session s ON s.id = t.session_id
  WHERE t.state IN ('pending', 'running') AND EXISTS (SELECT FROM inp WHERE t_open)
  GROUP BY s.site_id
), dup AS MATERIALIZED (
  SELECT l.n, json_agg(json_build_object('id', m.id, 'seq', m.seq, 'cmid', m.cmid,
    'text', m.text, 'fields', m.fields) ORDER BY m.seq) AS known
  FROM lin l CROSS JOIN LATERAL (
    SELECT m.id, m.seq, m.cmid, m.text, m.fields FROM chat_message m
    WHERE m.session_id = l.session AND m.author = l.author AND m.cmid = l.cmid OFFSET 0) m
  WHERE l.cmid IS NOT NULL GROUP BY l.n
), v AS MATERIALIZED (
  SELECT i.*, coalesce(s.version, e.version) AS now_version,
    coalesce(s.last_seq, e.last_seq) AS last_seq, d.known, o.id AS o_id,
    o.closed OR i.apart OR z.characters > %(most_characters)s AS waits, CASE
    WHEN e.id IS NULL THEN 'missing'
    WHEN i.by_visitor AND coalesce(s.closed_at, e.closed_at) IS NOT NULL THEN 'missing'
    WHEN d.n IS NOT NULL THEN 'dup'
    WHEN s.id IS NULL THEN 'locked'
    WHEN i.f_id IS NOT NULL AND (t.id IS NULL OR t.attempt <> i.f_attempt OR t.state <> 'running'
      AND (t.state <> 'pending' OR i.f_attempt IS NOT NULL)) THEN 'stale'
    WHEN i.version <> s.version THEN 'conflict'
    WHEN i.joins AND o.id IS NULL THEN 'stale'
    WHEN (i.t_open OR i.exclusive) AND EXISTS (SELECT FROM chat_turn o WHERE o.session_id = i.session
      AND o.state IN ('pending', 'running') AND o.id IS DISTINCT FROM i.f_id) THEN 'busy'
    WHEN i.t_open AND i.f_id IS NULL AND c.open >= %(most_open)s THEN 'full'
    ELSE 'ok' END AS verdict
  FROM inp i
  LEFT JOIN chat_session e ON e.id = i.session
  LEFT JOIN locked s ON s.id = i.session
  LEFT JOIN tlock t ON t.id = i.f_id
  LEFT JOIN tlock o ON i.joins AND o.session_id = i.session AND o.state IN ('pending', 'running')
  LEFT JOIN size z ON z.n = i.n
  LEFT JOIN crowd c ON c.site_id = e.site_id
  LEFT JOIN dup d ON d.n = i.n
), fin AS (
  UPDATE chat_turn t SET state = v.f_state, finished_at = clock_timestamp(), lease_until = NULL,
    to_seq = CASE WHEN v.f_state = 'done' THEN coalesce(v.f_to, t.to_seq)
      ELSE greatest(t.to_seq, t.follow_seq) END,
    follow_seq = NULL, route = v.f_route, rule = v.f_rule, flow = v.f_flow,
    language = v.f_language, confidence = v.f_confidence, sources = v.f_sources,
    versions = v.f_versions, understood = v.f_understood
  FROM v WHERE v.verdict = 'ok' AND t.id = v.f_id RETURNING t.id
), follow AS MATERIALIZED (
  SELECT gen_random_uuid() AS id, t.id AS f_id, v.session,
    greatest(coalesce(v.f_to, t.to_seq) + 1, t.from_seq) AS from_seq, c.to_seq,
    nullif(t.last, c.to_seq) AS follow_seq, t.span
  FROM v JOIN tlock t ON t.id = v.f_id CROSS JOIN LATERAL (
    SELECT coalesce(max(w.seq), t.last) AS to_seq FROM (
      SELECT m.seq, row_number() OVER said AS place, sum(length(m.text)) OVER said AS characters
      FROM chat_message m WHERE m.session_id = v.session AND m.author = 'visitor'
        AND m.seq > coalesce(v.f_to, t.to_seq) AND m.seq BETWEEN t.from_seq AND t.last
      WINDOW said AS (ORDER BY m.seq)) w
    WHERE w.place = 1 OR w.characters <= %(most_characters)s) c
  WHERE v.verdict = 'ok' AND v.f_state = 'done' AND t.last > coalesce(v.f_to, t.to_seq)
    AND v.t_id IS NULL
), adopted AS (
  UPDATE chat_message m SET turn_id = CASE WHEN f.id IS NULL OR m.seq < f.from_seq THEN t.id
    WHEN m.seq <= f.to_seq THEN f.id END
  FROM v JOIN tlock t ON t.id = v.f_id LEFT JOIN follow f ON f.f_id = t.id
  WHERE v.verdict = 'ok' AND m.session_id = v.session AND m.author = 'visitor'
    AND m.seq BETWEEN t.from_seq AND t.last
    AND (m.turn_id IS NULL OR m.turn_id = t.id AND m.seq > v.f_to)
), joined AS (
  UPDATE chat_turn t SET state = CASE WHEN v.waits THEN t.state ELSE 'pending' END,
    lease_until = CASE WHEN v.waits THEN t.lease_until END,
    to_seq = CASE WHEN v.waits THEN t.to_seq ELSE v.last_seq + v.count END,
    follow_seq = CASE WHEN v.waits THEN v.last_seq + v.count ELSE t.follow_seq END
  FROM v WHERE v.verdict = 'ok' AND v.joins AND t.id = v.o_id RETURNING t.state
), upd AS (
  UPDATE chat_session s SET version = s.version + 1, last_seq = s.last_seq + v.count,
    state = coalesce(v.state, s.state), mode = coalesce(v.mode, s.mode),
    memory = coalesce(v.memory, s.memory), updated_at = now()
  FROM v WHERE v.verdict = 'ok' AND s.id = v.session RETURNING s.id
), newt AS (
  INSERT INTO chat_turn (id, session_id, state, attempt, from_seq, to_seq, follow_seq, route, rule, flow,
    confidence, language, sources, versions, understood, deadline_at, created_at, finished_at)
  SELECT v.t_id, v.session, v.t_state, 0, v.last_seq + 1, v.last_seq + v.t_covers, NULL,
    v.t_route, v.t_rule, v.t_flow, v.t_confidence, v.t_language, v.t_sources, v.t_versions,
    v.t_understood,
    now() + make_interval(secs => v.t_deadline_s), now(),
    CASE WHEN v.t_open THEN NULL ELSE now() END
  FROM v WHERE v.verdict = 'ok' AND v.t_id IS NOT NULL AND (SELECT count(*) FROM fin) >= 0
  UNION ALL
  SELECT f.id, f.session, 'pending', 0, f.from_seq, f.to_seq, f.follow_seq, '', '', '', NULL, '',
    '[]', '{{}}', '[]', now() + f.span, now(), NULL
  FROM follow f WHERE (SELECT count(*) FROM fin) >= 0
  RETURNING id, state
), ins AS (
  INSERT INTO chat_message (id, session_id, seq, author, name, text, meta, fields, cmid, turn_id,
    rating_reason, created_at)
  SELECT l.id, l.session, v.last_seq + l.k, l.author, l.name, l.text, l.meta, l.fields, l.cmid,
    CASE WHEN NOT v.joins THEN l.turn WHEN NOT v.waits THEN v.o_id END, '', now()
  FROM lin l JOIN v ON v.n = l.n WHERE v.verdict = 'ok' RETURNING 1
), moved AS (
  INSERT INTO chat_transition (session_id, turn, from_state, to_state, cause, command, created_at)
  SELECT v.session, coalesce(v.t_id, v.f_id), m.came_from, m.to, m.cause, m.command, now()
  FROM json_to_recordset(%(steps)s::json)
    AS m(n int, k int, came_from text, "to" text, cause text, command text)
  JOIN v ON v.n = m.n WHERE v.verdict = 'ok' ORDER BY m.n, m.k RETURNING 1
), ntf AS MATERIALIZED (
  SELECT pg_notify('turns', '') FROM (SELECT FROM newt WHERE state = 'pending'
    UNION ALL SELECT FROM joined WHERE state = 'pending' LIMIT 1) p
)
SELECT v.n, v.verdict, v.now_version + (v.verdict = 'ok')::int AS version,
  v.last_seq + CASE WHEN v.verdict = 'ok' THEN v.count ELSE 0 END AS last_seq, now() AS at, v.known
FROM v CROSS JOIN (SELECT count(*) AS notices FROM ntf) told
WHERE told.notices >= 0 ORDER BY v.n
"""

GROUPED = _WITH.format(skip="SKIP LOCKED")
ALONE = _WITH.format(skip="")
LOCK = "SELECT version FROM chat_session WHERE id = %s FOR NO KEY UPDATE"
