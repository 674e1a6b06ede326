import { ApiProblem, type Tier } from "@feedline/client";
import type { Subscriber } from "@feedline/client/subscribers";
import { useSubscribers, type UseSubscribers } from "@feedline/react/people";
import { useMemo, useRef, useState, type FormEvent, type ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import { PeopleSkeleton } from "../people/people-to-follow";
import { describe, describeLoad } from "../problems";
import { usePageTitle } from "../shell/page-title";
import { Avatar } from "../ui/avatar";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { useFocusOnMore } from "../ui/use-focus-on-more";
import { useFormErrors } from "../ui/use-form-errors";

const TIERS: readonly Tier[] = ["basic", "premium", "vip"];

/** Who may read what the viewer publishes for subscribers. */
export function SubscribersPage({ userId }: { userId: string }): ReactNode {
  const { t } = useI18n();
  const state = useSubscribers(userId);
  usePageTitle(t.subscribers);
  return (
    <section className="subscribers">
      <div className="page-head">
        <h1>{t.subscribers}</h1>
      </div>
      <p className="page-text">{t.subscribersText}</p>
      <GrantForm state={state} />
      <SubscriberList state={state} />
    </section>
  );
}

function GrantForm({ state: { list } }: { state: UseSubscribers }): ReactNode {
  const { t } = useI18n();
  const toast = useToast();
  const [username, setUsername] = useState("");
  const [tier, setTier] = useState<Tier>("basic");
  const [busy, setBusy] = useState(false);
  const { form, errors, setErrors, refuse } = useFormErrors();
  const name = username.trim().replace(/^@/, "");

  async function grant(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    if (name === "") return refuse({ username: t.errorUsername });
    setBusy(true);
    setErrors({});
    try {
      await list.grant(name, tier);
      toast(t.granted(name, tier));
      setUsername("");
    } catch (error) {
      const isNobody = error instanceof ApiProblem && error.status === 404;
      refuse({ username: isNobody ? t.noUser(name) : describe(error, t) });
    }
    setBusy(false);
  }

  return (
    <form ref={form} className="grant sheet" noValidate onSubmit={(event) => void grant(event)}>
      <Field label={t.username} error={errors.username}>
        {(input) => (
          <input
            {...input}
            name="username"
            value={username}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => setUsername(event.target.value)}
          />
        )}
      </Field>
      <Field label={t.tier}>{(input) => <TierSelect {...input} tier={tier} onChange={setTier} />}</Field>
      <button type="submit" className="button button-primary" aria-disabled={busy}>
        {t.grant}
      </button>
    </form>
  );
}

interface TierSelectProps {
  id?: string;
  "aria-label"?: string;
  tier: Tier;
  onChange(tier: Tier): void;
}

function TierSelect({ tier, onChange, ...input }: TierSelectProps): ReactNode {
  return (
    <select {...input} className="select" value={tier} onChange={(event) => onChange(event.target.value as Tier)}>
      {TIERS.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

function SubscriberList({ state: { phase, people, hasMore, error, list } }: { state: UseSubscribers }): ReactNode {
  const { t } = useI18n();
  const toast = useToast();
  const rows = useRef<HTMLUListElement>(null);
  const keys = useMemo(() => people.map(({ user }) => user.id), [people]);
  const focusOnMore = useFocusOnMore(rows, keys, hasMore);
  if (phase === "loading") return <PeopleSkeleton />;
  if (phase === "failed") {
    return (
      <div className="notice">
        <h2>{t.subscribersFailed}</h2>
        <p>{describeLoad(error, t)}</p>
        <div className="notice-actions">
          <button type="button" className="button" onClick={() => list.reload().catch(() => {})}>
            {t.tryAgain}
          </button>
        </div>
      </div>
    );
  }
  if (people.length === 0) {
    return (
      <div className="notice">
        <h2>{t.subscribersEmpty}</h2>
      </div>
    );
  }
  return (
    <>
      <ul ref={rows} className="people-list sheet">
        {people.map((subscriber) => (
          <SubscriberRow key={subscriber.user.id} subscriber={subscriber} list={list} />
        ))}
      </ul>
      {hasMore && (
        <div className="comments-more">
          <button
            type="button"
            className="button button-small"
            {...focusOnMore}
            onClick={() => list.loadMore().catch((failure: unknown) => toast(describe(failure, t)))}
          >
            {t.showMorePeople}
          </button>
        </div>
      )}
    </>
  );
}

function SubscriberRow({ subscriber: { user, tier }, list }: { subscriber: Subscriber; list: UseSubscribers["list"] }): ReactNode {
  const { t } = useI18n();
  const toast = useToast();
  const [asking, setAsking] = useState(false);
  const name = user.name || user.username;

  async function doIt(work: Promise<void>, done: string): Promise<void> {
    try {
      await work;
      toast(done);
    } catch (error) {
      toast(describe(error, t));
    }
  }

  return (
    <li className="person">
      <Avatar person={user} />
      <div className="person-text">
        <Link href={`/u/${user.username}`} className="byline-name">
          {name}
        </Link>
        <p>@{user.username}</p>
      </div>
      <TierSelect
        aria-label={t.tierOf(name)}
        tier={tier}
        onChange={(now) => void doIt(list.grant(user.id, now), t.granted(user.username, now))}
      />
      <button type="button" className="button button-small" aria-label={t.endTierOf(name)} onClick={() => setAsking(true)}>
        {t.endTier}
      </button>
      {asking && (
        <ConfirmDialog
          title={t.endTierTitle(name)}
          text={t.endTierText}
          label={t.endTier}
          onConfirm={() => doIt(list.end(user.id), t.tierEnded(user.username))}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}
