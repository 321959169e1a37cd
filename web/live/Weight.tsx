export interface WeightProps {
  readonly label: string;
  readonly weight: string;
  readonly change: (to: number) => void;
}

/** The weight of a real server, which Enter or leaving the field changes on every director. */
export function Weight({ label, weight, change }: WeightProps) {
  return (
    <input
      class="weight"
      type="number"
      min="0"
      max="65535"
      aria-label={label}
      defaultValue={weight}
      onChange={(event) => {
        const to = event.currentTarget.valueAsNumber;
        if (Number.isInteger(to) && String(to) !== weight) change(to);
      }}
    />
  );
}
