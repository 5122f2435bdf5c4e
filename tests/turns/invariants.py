"""What must be true of every session, whatever was killed, frozen or lost meanwhile."""

import psycopg

# Each finds what breaks it; turns that took a model are those with an attempt.
INVARIANTS = {
    "a gap in seq": """
        SELECT s.id, s.last_seq, count(m.id), min(m.seq), max(m.seq) FROM chat_session s
        LEFT JOIN chat_message m ON m.session_id = s.id GROUP BY s.id
        HAVING count(m.id) <> s.last_seq OR max(m.seq) <> s.last_seq OR min(m.seq) <> 1""",
    "a cmid twice": """
        SELECT session_id, author, cmid FROM chat_message WHERE cmid IS NOT NULL
        GROUP BY session_id, author, cmid HAVING count(*) > 1""",
    "a turn without its one reply": """
        SELECT t.id, t.state, count(m.id) FILTER (WHERE m.author = 'bot'),
          count(m.id) FILTER (WHERE m.author = 'system') FROM chat_turn t
        LEFT JOIN chat_message m ON m.turn_id = t.id
        WHERE t.attempt > 0 OR t.state IN ('fallback', 'cancelled') GROUP BY t.id
        HAVING (count(m.id) FILTER (WHERE m.author = 'bot'),
            count(m.id) FILTER (WHERE m.author = 'system')) <> CASE t.state
          WHEN 'done' THEN (1::bigint, 0::bigint) WHEN 'fallback' THEN (0::bigint, 1::bigint)
          ELSE (0::bigint, 0::bigint) END""",
    "a visitor's line that is not in exactly one finished turn": """
        SELECT m.session_id, m.seq, t.state, t.from_seq, t.to_seq FROM chat_message m
        LEFT JOIN chat_turn t ON t.id = m.turn_id WHERE m.author = 'visitor' AND (t.id IS NULL
          OR t.session_id <> m.session_id OR t.state IN ('pending', 'running')
          OR m.seq NOT BETWEEN t.from_seq AND t.to_seq)""",
    "two replies to a turn": """
        SELECT turn_id FROM chat_message WHERE author = 'bot' AND turn_id IS NOT NULL
        GROUP BY turn_id HAVING count(*) > 1""",
    "a reply whose turn did not end with it": """
        SELECT m.session_id, m.seq, t.state FROM chat_message m JOIN chat_turn t ON t.id = m.turn_id
        WHERE m.author = 'bot' AND (t.state <> 'done' OR t.session_id <> m.session_id)""",
    "two open turns": """
        SELECT session_id FROM chat_turn WHERE state IN ('pending', 'running')
        GROUP BY session_id HAVING count(*) > 1""",
    "two open tickets": """
        SELECT session_id FROM handoff_ticket WHERE status = 'open'
        GROUP BY session_id HAVING count(*) > 1""",
    "a fallback without a ticket": """
        SELECT t.id FROM chat_turn t WHERE t.state = 'fallback'
          AND (SELECT count(*) FROM handoff_ticket k WHERE k.session_id = t.session_id) <> 1""",
}


def broken(database_url: str) -> dict[str, list[tuple[object, ...]]]:
    """What of it does not hold, with the rows; {} when all is well."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        found = {name: connection.execute(each).fetchall() for name, each in INVARIANTS.items()}
    return {name: rows for name, rows in found.items() if rows}
