"""The triggers that write the audit log, and the migration operation that sets one.

The function reads who acts from a comment before the statement (operations/audit/actors.py). A
comment belongs to one statement: unlike a setting of the connection it cannot outlive its request,
and it works without a transaction and behind a pooler of transactions.
"""

import json
from typing import Any, Final

from django.db.migrations.operations.base import Operation

from operations.audit.tables import AuditedTable

# A row without an id of its own goes by its owner, of whom there is one row.
CHANGE: Final = r"""
CREATE OR REPLACE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    spec jsonb := TG_ARGV[0]::jsonb;
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    any_row jsonb := coalesce(new_row, old_row);
    before jsonb := '{}';
    after jsonb := '{}';
    actor jsonb := audit_actor();
    owner bigint := (any_row ->> (spec ->> 'owner'))::bigint;
    col text;
    is_secret boolean;
BEGIN
    FOR col IN SELECT jsonb_array_elements_text(spec -> 'columns') LOOP
        CONTINUE WHEN TG_OP = 'UPDATE' AND (
            old_row -> col IS NOT DISTINCT FROM new_row -> col
            OR (spec -> 'by_people' ? col AND actor ->> 'actor' NOT IN ('user', 'anonymous'))
        );
        is_secret := spec -> 'secret' ? col;
        IF TG_OP <> 'INSERT' THEN
            before := before || jsonb_build_object(
                col, audit_text(old_row -> col, is_secret, 'secret'));
        END IF;
        IF TG_OP <> 'DELETE' THEN
            after := after || jsonb_build_object(col, audit_text(new_row -> col, is_secret,
                CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'secret' END));
        END IF;
    END LOOP;
    IF before = '{}' AND after = '{}' THEN
        RETURN NULL;
    END IF;
    IF spec ? 'owner_table' THEN
        EXECUTE format('SELECT user_id FROM %I WHERE id = $1', spec ->> 'owner_table')
            INTO owner USING owner;
    END IF;
    INSERT INTO operations_auditchange (at, subject, object_id, object_name, owner_id, action,
        before, after, actor, actor_id, actor_name, role, token_id, via, address, request_id,
        task_id)
    VALUES (clock_timestamp(), spec ->> 'subject',
        coalesce(any_row ->> 'id', any_row ->> (spec ->> 'owner')),
        left(coalesce(any_row ->> (spec ->> 'name'), ''), 200), owner,
        CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END,
        before, after, actor ->> 'actor', (actor ->> 'actor_id')::bigint,
        coalesce(actor ->> 'actor_name', ''), coalesce(actor ->> 'role', ''),
        (actor ->> 'token_id')::bigint, coalesce(actor ->> 'via', ''),
        (actor ->> 'address')::inet, coalesce(actor ->> 'request_id', ''),
        coalesce(actor ->> 'task_id', ''));
    RETURN NULL;
END $$;
"""
FUNCTIONS: Final = (
    CHANGE
    + r"""
CREATE FUNCTION audit_actor() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    comment text := substring(current_query() FROM '^/\* fillwatch:([A-Za-z0-9+/=]+) \*/');
BEGIN
    IF comment IS NULL THEN
        RETURN jsonb_build_object('actor', 'database', 'actor_name', session_user::text,
            'via', left(current_setting('application_name'), 150));
    END IF;
    RETURN convert_from(decode(comment, 'base64'), 'UTF8')::jsonb;
END $$;

CREATE FUNCTION audit_text(value jsonb, is_secret boolean, filler text) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN value IS NULL OR value = 'null' THEN 'null'::jsonb
        WHEN is_secret THEN to_jsonb(filler)
        WHEN jsonb_typeof(value) = 'number' THEN to_jsonb(value #>> '{}')  -- to the last digit
        ELSE value
    END
$$;

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('fillwatch.prune_audit', true) = 'on' AND TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only: % of % refused', TG_OP, TG_TABLE_NAME
        USING HINT = '"manage.py prune_audit" removes old entries and leaves a checkpoint.';
END $$;

CREATE FUNCTION audit_refuse_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'entries of the audit log are written by its triggers alone';
    END IF;
    RETURN NEW;
END $$;
"""
)
DROP_FUNCTIONS: Final = """
DROP FUNCTION audit_refuse_insert();
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_change();
DROP FUNCTION audit_text(jsonb, boolean, text);
DROP FUNCTION audit_actor();
"""
PROTECTED: Final = (
    "operations_auditchange",
    "operations_auditseal",
    "operations_auditcheckpoint",
)
PROTECT: Final = """
CREATE TRIGGER audit_insert BEFORE INSERT ON operations_auditchange
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_insert();
""" + "".join(
    f"""
CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_keep_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
    for table in PROTECTED
)
UNPROTECT: Final = "DROP TRIGGER audit_insert ON operations_auditchange;" + "".join(
    f"DROP TRIGGER audit_keep ON {table}; DROP TRIGGER audit_keep_all ON {table};"
    for table in PROTECTED
)


def describe_trigger(subject: str, audited: AuditedTable) -> dict[str, Any]:
    """Return the argument of a table's trigger."""
    spec = {"subject": subject, "columns": list(audited.columns), "secret": list(audited.secret)}
    spec["by_people"] = list(audited.by_people)
    texts = {"name": audited.name, "owner": audited.owner, "owner_table": audited.owner_table}
    return spec | {name: text for name, text in texts.items() if text}


class SetTrigger(Operation):
    """Audit a table of any app: create its triggers, or replace them when its columns change.

    Going back restores the `former` ones. PostgreSQL refuses to alter the type of a column of a
    table with `guard`: drop the trigger `audit_update` before, and set it again after.
    """

    reversible = True
    reduces_to_sql = True
    atomic = True

    def __init__(
        self, subject: str, audited: AuditedTable, former: AuditedTable | None = None
    ) -> None:
        self.subject, self.audited, self.former = subject, audited, former

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.subject, self.audited, self.former], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change no model."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        _drop_triggers(schema_editor, self.subject)
        _create_triggers(schema_editor, self.subject, self.audited)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        _drop_triggers(schema_editor, self.subject)
        if self.former:
            _create_triggers(schema_editor, self.subject, self.former)

    def describe(self) -> str:
        return f"Audit {self.subject}"


def table_name(subject: str) -> str:
    return subject.replace(".", "_")


def _drop_triggers(schema_editor: Any, subject: str) -> None:
    for trigger in ("audit", "audit_update"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {trigger} ON {table_name(subject)}", None)


def _create_triggers(schema_editor: Any, subject: str, audited: AuditedTable) -> None:
    table = table_name(subject)
    argument = json.dumps(describe_trigger(subject, audited)).replace("'", "''")
    call = f"EXECUTE FUNCTION audit_change('{argument}')"
    event, condition = "UPDATE", ""
    if audited.guard:
        columns = [f'"{column}"' for column in audited.columns]
        event = f"UPDATE OF {', '.join(columns)}"
        changes = [f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns]
        condition = f"WHEN ({' OR '.join(changes)})"
    for name, events, when in (
        ("audit", "INSERT OR DELETE", ""),
        ("audit_update", event, condition),
    ):
        create = f"CREATE TRIGGER {name} AFTER {events} ON {table} FOR EACH ROW {when} {call}"
        schema_editor.execute(create, None)
