import type { ButtonHTMLAttributes, Ref } from "react";
import { Icon, type IconName } from "./icons";

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconName;
  /** What it does: its name for screen readers, and its tooltip. */
  label: string;
  testId?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon, label, testId, className = "", ...rest }: IconButtonProps) {
  return (
    <button type="button" className={`icon-button ${className}`} aria-label={label} title={label} data-testid={testId} {...rest}>
      <Icon name={icon} />
    </button>
  );
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: "plain" | "primary" | "danger" | "positive";
  icon?: IconName;
  testId?: string;
}

export function Button({ tone = "plain", icon, testId, className = "", children, ...rest }: ButtonProps) {
  return (
    <button type="button" className={`button button-${tone} ${className}`} data-testid={testId} {...rest}>
      {icon && <Icon name={icon} size={16} />}
      {children}
    </button>
  );
}
