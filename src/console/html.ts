import htm from 'htm';
import { h, type VNode } from 'preact';

/** Templates for elements alone. Views are functions that are called, components go through `h`: the compiler checks both. */
export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
