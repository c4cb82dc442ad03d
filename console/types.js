/**
 * The words of `docs/console-api.md` as types. Nothing here runs.
 *
 * @typedef {string} Moment Nanoseconds since 1970, as decimal digits.
 * @typedef {"life_safety"|"person"|"technical"|"telemetry"|"test"|"acts"|"bulk"} Class
 * @typedef {"demonstration"|"load_test"|"real"} Purpose
 * @typedef {"viewer"|"operator"|"leader"} Role
 * @typedef {"all"|string[]} Scope
 *
 * @typedef {{reason:string, class?:Class, n?:number, seconds?:number, after?:number}} Reason
 * @typedef {{seq:number, kind:number, received:Moment}} SignalRef
 * @typedef {{operator:string, mine:boolean, since:Moment}} Claim
 *
 * @typedef {object} Row One alarm as every console shows it.
 * @property {number} alarm Its id: the opening Seq.
 * @property {number} version
 * @property {number} kind
 * @property {string} name
 * @property {Class} class
 * @property {number} priority 0 is most urgent.
 * @property {Reason[]} reasons
 * @property {string} municipality
 * @property {string} municipality_name
 * @property {string} device
 * @property {string|null} person
 * @property {Moment} since
 * @property {Moment} received
 * @property {number} count
 * @property {SignalRef[]} signals
 * @property {Claim|null} claim
 * @property {{kind:number, at:Moment}|null} withdrawn
 * @property {string[]} flags
 * @property {"verified"|"claimed"|"doubtful"} sender
 * @property {string} path
 * @property {boolean} buffered
 *
 * @typedef {object} Shout A signal the log has not made durable within 1 s.
 * @property {string} id
 * @property {number} kind
 * @property {string} name
 * @property {Class} class
 * @property {string} municipality
 * @property {string} municipality_name
 * @property {string} device
 * @property {Moment} received
 * @property {boolean} sent_on
 *
 * @typedef {{log:"ok"|"stalled"|"low"|"full"|"no_quorum"|"stopped", since:Moment}} Health
 *
 * @typedef {object} Detail One signal, opened under audit.
 * @property {number} seq
 * @property {number} kind
 * @property {Moment} received
 * @property {Moment|null} happened
 * @property {string} reference
 * @property {[string,string][]} text
 * @property {string|null} raw
 *
 * @typedef {{person:string, text:[string,string][]}} Person Who is helped, opened for who handles the alarm.
 * @typedef {{row:Row, person?:Person|null, signals:Detail[]}} Details
 *
 * @typedef {{at:Moment, operator:string|null}} By
 * @typedef {{code:number, label:string|null}} Coded
 * @typedef {{cause:Coded, action:Coded, outcome:Coded}} PastCodes
 * @typedef {{durable:Moment|null, receipt:Moment|null, presented:Moment|null, painted:Moment|null}} Hops
 *
 * @typedef {object} Past An alarm as history tells it.
 * @property {number} alarm
 * @property {number} kind
 * @property {string} name
 * @property {Class} class
 * @property {number} priority
 * @property {string} municipality
 * @property {string} municipality_name
 * @property {string} device
 * @property {string|null} person
 * @property {Moment} received
 * @property {By|null} claimed
 * @property {By|null} closed
 * @property {PastCodes|null} codes
 * @property {number} count
 * @property {Hops} hops
 *
 * @typedef {{seq:number, at:Moment, became:string, kind:number, received:Moment, hops:Hops}} PastSignal
 * @typedef {{seq:number, at:Moment, act:"claim"|"release"|"close", operator:string|null, result:string, codes:PastCodes|null}} PastAct
 * @typedef {{alarm:Past, signals:PastSignal[], acts:PastAct[], cut:boolean}} Timeline
 * @typedef {{kind:number, name:string, class:Class, label:string}} Kind
 * @typedef {{code:number, name:string, label:string}} Code
 * @typedef {{causes:Code[], actions:Code[], outcomes:Code[]}} Codes
 * @typedef {{purpose:Purpose, version:string, lang:string}} Hello
 * @typedef {{operator:string, role:Role, scope:Scope, session:string, purpose:Purpose, now:Moment}} Me
 *
 * @typedef {{t:"picture", n:0, now:Moment, rows:Row[], shouts:Shout[], health:Health}} Picture
 * @typedef {Picture
 *   | {n:number, t:"row", row:Row}
 *   | {n:number, t:"gone", alarm:number, by:string}
 *   | {n:number, t:"shout", shout:Shout}
 *   | {n:number, t:"unshout", id:string, alarm:number|null}
 *   | {n:number, t:"health", health:Health}
 *   | {n:number, t:"offer", alarm:number}} Message
 * @typedef {{t:"beat", now:Moment}} Beat
 */

export {};
