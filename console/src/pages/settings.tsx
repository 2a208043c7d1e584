import { useState } from "preact/hooks";

import { post, useList } from "../api";
import type { PageProps } from "../main";
import { Mark, More, PageHead, Sheet, Show, Table, useAction } from "../parts";
import type { PolicyVersion } from "../types";
import { useWords } from "../words";

export function SettingsPage(props: PageProps) {
  const words = useWords();
  const versions = useList<PolicyVersion>(`/v1/policies/${encodeURIComponent(props.entity.id)}/versions?limit=100`);
  return (
    <>
      <PageHead title={words.text("page.policy")} lead={words.text("policy.lead", { entity: props.entity.name })} />
      <Show of={versions}>
        {(known) => (
          <>
            {[...known].reverse().map((one) => <Version key={one.policy.version} of={one} {...props} reload={versions.reload} />)}
            <More of={versions} />
          </>
        )}
      </Show>
    </>
  );
}

function Version({ of, ...props }: PageProps & { of: PolicyVersion; reload: () => void }) {
  const words = useWords();
  const { act, isBusy, result } = useAction();
  const [isOpen] = useState(of.is_in_force || !of.confirmed_by);
  const { policy } = of;
  const limit = (role: string) => {
    const known = policy.roles.find((one) => one.id === role);
    if (!known) return "–";
    if (known.unlimited) return words.text("policy.unlimited");
    return Object.entries(known.limits).map(([currency, amount]) => words.money({ amount, currency })).join(", ") || words.text("policy.nothing");
  };
  const confirm = () =>
    act(async () => {
      await post(`/v1/policies/${encodeURIComponent(props.entity.id)}/versions/${policy.version}/confirmations`, {});
      props.reload();
      return words.text("policy.confirmed");
    });
  return (
    <Sheet title={words.text("policy.version", { number: policy.version })} aside={<Mark code={of.is_in_force ? "closed" : of.confirmed_by ? "earlier" : "open"} text={words.text(of.is_in_force ? "policy.in_force" : of.confirmed_by ? "policy.earlier" : "policy.waits")} />}>
      <p class="soft">{words.text("policy.by", { published: of.published_by ?? "–", confirmed: of.confirmed_by ?? "–" })}</p>
      {!of.confirmed_by && !of.is_in_force && (
        <div class="buttons"><button class="main" type="button" disabled={isBusy} onClick={() => void confirm()}>{words.text("policy.confirm")}</button></div>
      )}
      {result}
      {isOpen && (
        <Table
          label={words.text("policy.people")}
          rows={policy.people}
          empty={words.text("nothing")}
          rowKey={(person) => person.id}
          columns={[
            { name: words.text("policy.person"), isHead: true, cell: (person) => person.name },
            { name: "Id", cell: (person) => person.id },
            { name: words.text("policy.role"), cell: (person) => words.code(person.role) },
            { name: words.text("policy.limit"), isNumber: true, cell: (person) => limit(person.role) },
          ]}
        />
      )}
    </Sheet>
  );
}
